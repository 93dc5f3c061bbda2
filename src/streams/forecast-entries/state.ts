import type { Day } from '../../days';
import { isObject } from '../../json';
import { addQuarters, earlierQuarter, isQuarter, type Quarter, quarterRange } from '../../period';
import { asDate } from '../../values';
import { oldestStateDay, tooFarBack } from '../failures';

/**
 * A stream's progress with one forecast. Every quarter from `since` to `timePeriod` is final, except those in
 * `missing`.
 */
export interface ForecastProgress {
  /** The first quarter ever wanted. */
  readonly since: Quarter;
  /** The cursor: the newest final quarter, or the one before `since` while none is final. */
  readonly timePeriod: Quarter;
  /** Quarters still owed, oldest first. */
  readonly missing: readonly Quarter[];
  /** For the direct call with history: the newest open quarter whose earlier weeks were exported. */
  readonly open?: Quarter | undefined;
  /** With `end_period`: a later quarter that Clari has called current. */
  readonly current?: Quarter | undefined;
  /** With `end_period`: its first day, if Clari has answered that it is still ahead. */
  readonly ahead?: { readonly timePeriod: Quarter; readonly startDate: Day } | undefined;
}

/** What a stream's rows depend on. */
export type Settings = Readonly<Record<string, unknown>>;

/** What one forecast stream remembers of its forecasts from sync to sync. */
export class ForecastState {
  private readonly forecasts = new Map<string, ForecastProgress>();
  /** Forecasts whose state comes from an early release and doesn't say since when they have been synced. */
  private readonly sinceUnknown = new Set<string>();
  /** The settings earlier rows were read with; undefined in a first sync. */
  readonly earlierSettings: Settings | undefined;

  /** Reads a state as Airbyte passed it. What can't be used goes to `problems`, as `path: what is wrong`. */
  constructor(state: Readonly<Record<string, unknown>> | undefined, today: Day, problems: string[]) {
    const forecasts = state?.['forecasts'] ?? {};
    if (!isObject(forecasts)) problems.push('forecasts: must be an object');
    else {
      for (const [forecastId, value] of Object.entries(forecasts)) {
        const progress = parseProgress(value);
        if (progress === undefined)
          problems.push(
            `forecasts.${forecastId}: must be {"since": "YYYY_Qn", "timePeriod": "YYYY_Qn", "missing": ["YYYY_Qn", …]}`,
          );
        else if (progress !== null && oldestWanted(progress) < `${oldestStateDay(today).slice(0, 4)}_Q1`)
          problems.push(`forecasts.${forecastId}: ${tooFarBack(oldestWanted(progress), 'quarter')}`);
        else if (progress !== null) {
          this.forecasts.set(forecastId, progress);
          if (isObject(value) && value['since'] === undefined) this.sinceUnknown.add(forecastId);
        }
      }
    }
    const settings = state?.['settings'];
    this.earlierSettings = isObject(settings) ? settings : undefined;
  }

  progress(forecastId: string): ForecastProgress | undefined {
    return this.forecasts.get(forecastId);
  }

  /** Notes the first wanted quarter as soon as it is known: whatever fails from then on stays owed. */
  begin(forecastId: string, first: Quarter): void {
    const before = this.progress(forecastId);
    if (before === undefined) {
      this.forecasts.set(forecastId, { since: first, timePeriod: addQuarters(first, -1), missing: [] });
    } else if (this.sinceUnknown.delete(forecastId)) {
      this.forecasts.set(forecastId, { ...before, since: earlierQuarter(first, before.since) });
    } else if (first < before.since) {
      const between = quarterRange(first, addQuarters(before.since, -1));
      this.forecasts.set(forecastId, { ...before, since: first, missing: sorted([...between, ...before.missing]) });
    }
  }

  /** A quarter's final values are out, or Clari will never have any. */
  settle(forecastId: string, quarter: Quarter): void {
    const before = this.progress(forecastId);
    if (before === undefined || quarter < before.since) return;
    const skipped = quarterRange(addQuarters(before.timePeriod, 1), addQuarters(quarter, -1));
    const missing = sorted([...before.missing, ...skipped]).filter((owed) => owed !== quarter);
    const timePeriod = quarter > before.timePeriod ? quarter : before.timePeriod;
    this.forecasts.set(forecastId, { ...before, timePeriod, missing });
  }

  /** A quarter's values may still change, though it counted as final. */
  owe(forecastId: string, quarter: Quarter): void {
    const before = this.progress(forecastId);
    if (before === undefined || quarter > before.timePeriod || quarter < before.since) return;
    this.forecasts.set(forecastId, { ...before, missing: sorted([...before.missing, quarter]) });
  }

  /** The earlier weeks of an open quarter are out. */
  noteOpen(forecastId: string, quarter: Quarter): void {
    const before = this.progress(forecastId);
    if (before !== undefined) this.forecasts.set(forecastId, { ...before, open: quarter });
  }

  /** Clari calls this quarter current. */
  noteCurrent(forecastId: string, quarter: Quarter): void {
    const before = this.progress(forecastId);
    if (before !== undefined) this.forecasts.set(forecastId, { ...before, current: quarter });
  }

  /** `end_period` is still ahead. */
  noteAhead(forecastId: string, ahead: { timePeriod: Quarter; startDate: Day }): void {
    const before = this.progress(forecastId);
    if (before !== undefined) this.forecasts.set(forecastId, { ...before, ahead });
  }

  /** The settings changed: the earlier weeks of open quarters were emitted with the old ones. */
  forgetOpen(): void {
    for (const [forecastId, { open: _, ...progress }] of this.forecasts) this.forecasts.set(forecastId, progress);
  }

  toJSON(): Record<string, ForecastProgress> {
    return Object.fromEntries(this.forecasts);
  }
}

/** The oldest quarter that the next sync may export with this progress: at the cursor, if that is still current. */
const oldestWanted = ({ timePeriod, missing }: ForecastProgress): Quarter =>
  earlierQuarter(timePeriod, missing[0] ?? timePeriod);

const sorted = (quarters: readonly Quarter[]): Quarter[] => [...new Set(quarters)].sort();

/** Null if there is nothing yet, undefined if it can't be understood. */
function parseProgress(value: unknown): ForecastProgress | null | undefined {
  if (!isObject(value)) return undefined;
  const { since, timePeriod, missing, open, current, ahead } = value;
  const owed: unknown = missing ?? [];
  if (!Array.isArray(owed) || !owed.every(isQuarterText)) return undefined;
  if (timePeriod === null || timePeriod === undefined) return since === undefined ? null : undefined;
  if (!isQuarterText(timePeriod) || (since !== undefined && !isQuarterText(since))) return undefined;
  if (since !== undefined)
    return {
      ...{ since, timePeriod, missing: sorted(owed) },
      ...(isQuarterText(open) && { open }),
      ...(isQuarterText(current) && { current }),
      ...(isAhead(ahead) && { ahead: { timePeriod: ahead.timePeriod, startDate: ahead.startDate } }),
    };
  // Early releases' states have no `since`. They have every quarter before the cursor that isn't owed; the quarter at
  // the cursor may have been exported before it settled.
  const unsure = sorted([...owed, timePeriod]);
  return { since: unsure[0] ?? timePeriod, timePeriod, missing: unsure };
}

const isQuarterText = (value: unknown): value is Quarter => typeof value === 'string' && isQuarter(value);

const isAhead = (value: unknown): value is { timePeriod: Quarter; startDate: Day } =>
  isObject(value) && isQuarterText(value['timePeriod']) && asDate(value['startDate']) !== null;
