import type { StreamOutput } from '../../airbyte/stream';
import { isActivityExport, RESULTS_KEPT_MS } from '../../clari/entries/results';
import { addDays, DAY_MS, type Day, dayOf, startOfDay } from '../../days';
import type { SpooledDocument } from '../../exports/document';
import { JobLedger, type LedgerEntry, requestHash } from '../../exports/ledger';
import { type ExportHandle, QuotaExhausted } from '../../exports/request';
import { isObject } from '../../json';
import { Slots } from '../../slots';
import { Checkpoint } from '../checkpoint';
import { asObjects, ColumnPicker } from '../columns';
import type { StreamContext } from '../context';
import { quotaFailure, stateProblem, toSyncError } from '../failures';
import { readInOrder } from '../read-in-order';
import type { ActivityReader } from './reader';
import { activityRow } from './rows';
import { covers, type DayWindow, windows } from './windows';

/** How many windows' results may be on disk at once. */
const MAX_RESULTS_ON_DISK = 3;

/**
 * Reads the activities any of the streams wants, window by window, oldest first; each window is exported once for all
 * of them. Rejects when a window fails; the windows before it are complete.
 */
export async function readActivities(context: StreamContext, joined: readonly ActivityReader[]): Promise<void> {
  const held: object[] = [];
  const ledger: JobLedger<DayWindow> = new JobLedger(
    parseWindow,
    requestHash({ activityTypes: [...context.config.activityTypes].sort() }),
    () => saveAll(),
  );
  const readers = joined.filter(({ stream, request }) => {
    const problems = ledger.load(request.state);
    if (problems.length > 0) request.output.failure(stateProblem(stream, problems));
    return problems.length === 0;
  });
  if (readers.length === 0) return;
  const signal = readers[0]?.request.signal ?? context.signal;
  const checkpoints = readers.map(
    (reader) =>
      new Checkpoint(reader.request.output, () => {
        const { pendingJobs, ...rest } = ledger.toJSON();
        return { ...reader.state(), pendingJobs: [...pendingJobs, ...(reader.holdsJobs ? held : [])], ...rest };
      }),
  );
  const saveAll = async (): Promise<void> => {
    await Promise.all(checkpoints.map((checkpoint) => checkpoint.save()));
  };
  const startedAt = await context.startedAt();
  ledger.forgetBefore(startedAt - RESULTS_KEPT_MS);
  context.pool.exclude(ledger.jobIds);
  const today = dayOf(startedAt);
  const from = readers.map((reader) => reader.from).reduce((a, b) => (a < b ? a : b));
  const slices = windows(from, today).map((wanted) => {
    // When the first day moves along with today, yesterday's job covers a little more than is wanted.
    const window = ledger.find((key) => covers(key, wanted) && key.endDate === wanted.endDate) ?? wanted;
    return {
      window,
      source: startExport(
        context,
        ledger,
        window,
        today,
        readers.map(({ request }) => request.output),
      ),
    };
  });
  let left = slices.length;
  let reading: DayWindow | undefined;
  try {
    for await (const { slice, results } of readInOrder(slices, new Slots(MAX_RESULTS_ON_DISK), signal)) {
      reading = slice.window;
      const { document, exportedAt } = await results();
      const of = { window: slice.window, exportedAt };
      const wanting = readers.filter((reader) => slice.window.endDate >= reader.from);
      for await (const batch of document.batches('activities')) {
        const activities = asObjects(batch, 'activities');
        for (const reader of wanting) await reader.take(activities, of);
      }
      for (const reader of wanting) reader.finish?.(of);
      const slot = ledger.at(slice.window);
      if (slot.entry !== undefined) held.push({ ...slice.window, ...(slot.entry satisfies LedgerEntry) });
      slot.settled();
      left--;
      await slot.save();
    }
  } catch (error) {
    // Saves what became of the jobs: cancelled ones are useless, unreadable ones have failed once more.
    await saveAll();
    if (error instanceof QuotaExhausted) throw quotaFailure(error, left);
    throw toSyncError(error, reading && `Activities from ${reading.startDate} to ${reading.endDate}`);
  }
  await saveAll();
}

function startExport(
  { client, pool, config }: StreamContext,
  ledger: JobLedger<DayWindow>,
  window: DayWindow,
  today: Day,
  outputs: readonly StreamOutput[],
): ExportHandle {
  const slot = ledger.at(window);
  return pool.start({
    label: `activities from ${window.startDate} to ${window.endDate}`,
    slot,
    maxAgeMs:
      window.endDate >= today ? DAY_MS : maxAgeOf(slot.entry, addDays(window.endDate, config.lookbackDays), client),
    submit: ({ signal }) =>
      client.exportActivities({
        signal,
        startDate: startOfDay(window.startDate),
        endDate: startOfDay(window.endDate),
        activityTypes: config.activityTypes,
      }),
    expects: (document) => document.expectArray('activities'),
    // Clari's job list doesn't say which window an activity export covers: its results have to prove it.
    matches: isActivityExport,
    // Windows are exported oldest first.
    likelier: (a, b) => (a.startTime ?? 0) - (b.startTime ?? 0),
    proves: (document) => holdsWindow(document, window),
    onWaiting: (until) => {
      for (const output of outputs) output.rateLimited(until);
    },
  });
}

/**
 * How old a past window's job may be: a job from before all late activities were in is good only for the day it was
 * submitted on.
 */
function maxAgeOf(entry: LedgerEntry | undefined, lateUntil: Day, client: StreamContext['client']): number {
  if (entry === undefined || dayOf(Date.parse(entry.submittedAt)) > lateUntil) return RESULTS_KEPT_MS;
  return client.now() - Date.parse(startOfDay(dayOf(client.now())));
}

function parseWindow({ startDate, endDate }: Readonly<Record<string, unknown>>): DayWindow | undefined {
  const isDay = (value: unknown): value is Day => typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value);
  return isDay(startDate) && isDay(endDate) ? { startDate, endDate } : undefined;
}

/**
 * Whether results are certainly this window's: nothing is outside it, and there is something on its first and its last
 * day.
 */
async function holdsWindow(document: SpooledDocument, { startDate, endDate }: DayWindow): Promise<boolean> {
  const days = new Set<Day>();
  const picker = new ColumnPicker('activities');
  for await (const batch of document.batches('activities')) {
    for (const activity of batch) {
      const instant = isObject(activity) ? activityRow(picker, activity, '').instant : undefined;
      if (instant !== undefined) days.add(dayOf(instant));
    }
  }
  return days.has(startDate) && days.has(endDate) && [...days].every((day) => day >= startDate && day <= endDate);
}
