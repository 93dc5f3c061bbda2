import { ClariError } from '../../clari/errors';
import type { ClariJob, ExportType } from '../../clari/types';
import type { ExportHandle } from '../../exports/request';
import { type Quarter, quarterOf } from '../../period';
import type { StreamContext } from '../context';
import { isForecastFailure } from '../failures';
import type { SelectedForecast } from '../forecast-selection';
import type { ForecastState } from './state';

/** Types that some tenants refuse with `type_not_supported`. */
const CRM_TYPES: readonly ExportType[] = ['crm_total', 'crm_closed'];

/** What the exports need of the stream that they belong to. */
export interface ExportingStream {
  readonly state: ForecastState;
  /** Emits the state; resolves when a kill can no longer lose it. */
  save(): Promise<void>;
  onWaiting(until: number | null): void;
}

/** What one forecast's exports share. */
export class ForecastExports {
  private types: readonly ExportType[];
  /** Why none of this forecast's exports can succeed. */
  private refused: unknown;

  constructor(
    readonly forecast: SelectedForecast,
    private readonly context: StreamContext,
    private readonly stream: ExportingStream,
  ) {
    this.types = context.config.typesToExport;
  }

  /** Starts the export of a quarter; null = the current one, which the answer then names. */
  start(timePeriod: Quarter | null): ForecastExport {
    const { config, client, pool } = this.context;
    const { forecastId } = this.forecast;
    const pending = this.stream.state.pendingJob(forecastId, timePeriod);
    const submittingSince = this.stream.state.submittingSince(forecastId, timePeriod);
    const handle = pool.start({
      label: describe(forecastId, timePeriod),
      pending,
      submittingSince,
      submit: async ({ signal }) => {
        if (this.refused !== undefined) throw this.refused;
        return client.exportForecast(forecastId, timePeriod, {
          signal,
          typesToExport: this.types,
          currency: config.currency,
          includeHistorical: config.includeHistorical,
          scopeId: config.scopeId,
          schedule: config.schedule,
        });
      },
      adapt: (error) => this.adapt(error),
      matches: (job) => isExportOf(job, forecastId, timePeriod),
      onWaiting: (until) => this.stream.onWaiting(until),
      journal: {
        submitting: async (submittedAt) =>
          this.save(() => this.stream.state.noteSubmitting({ forecastId, timePeriod, submittedAt })),
        submitted: async (job) => this.save(() => this.stream.state.notePending({ forecastId, timePeriod, ...job })),
        dropped: async () => this.save(() => this.stream.state.forget(forecastId, timePeriod)),
      },
    });
    return { ...handle, timePeriod, mayBeOld: pending !== undefined || submittingSince !== undefined };
  }

  private async save(change: () => void): Promise<void> {
    change();
    await this.stream.save();
  }

  /** Goes on without the CRM's numbers where Clari doesn't export them; remembers a refusal that concerns the whole forecast. */
  private adapt(error: unknown): boolean {
    if (error instanceof ClariError && error.kind === 'type_not_supported') {
      const rest = this.types.filter((type) => !CRM_TYPES.includes(type));
      if (rest.length > 0 && rest.length < this.types.length) {
        this.types = rest;
        this.context.log.warn(
          `Clari does not export crm_total and crm_closed for forecast "${this.forecast.forecastId}"; exporting it without them`,
        );
        return true;
      }
    }
    if (isForecastFailure(error)) this.refused = error;
    return false;
  }
}

/** One quarter's export under way. */
export interface ForecastExport extends ExportHandle {
  /** The quarter asked for; null = the current one. */
  readonly timePeriod: Quarter | null;
  /** Its job may be an earlier sync's, asked for when another quarter was the current one. */
  readonly mayBeOld: boolean;
}

export const describe = (forecastId: string, timePeriod: Quarter | null): string =>
  `forecast "${forecastId}", ${timePeriod === null ? 'current quarter' : `quarter ${timePeriod}`}`;

/**
 * Whether a job that Clari lists is an export of this forecast and quarter, by its `fileName`: `clari_export_<forecastId>_<period><more>`.
 * One forecast's id may begin like another's, and nothing separates the period from what follows, so that what comes after the id must
 * begin with a quarter and hold no second one.
 */
export function isExportOf(job: ClariJob, forecastId: string, timePeriod: Quarter | null): boolean {
  const prefix = `clari_export_${forecastId}_`;
  if (job.fileName === null || !job.fileName.startsWith(prefix)) return false;
  const rest = job.fileName.slice(prefix.length);
  const quarter = quarterOf(rest.slice(0, 7));
  if (quarter === undefined || (timePeriod !== null && quarter !== timePeriod)) return false;
  return !/\d{4}_Q[1-4]/.test(rest.slice(7));
}
