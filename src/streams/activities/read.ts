import type { StreamOutput } from '../../airbyte/stream';
import { Slots } from '../../slots';
import type { StreamContext } from '../context';
import { inOrder } from '../in-order';
import type { ActivityJobs } from './state';
import { addDays, type Day, type DayWindow, dayOf, windows } from './windows';

/** So many windows' results lie on disk at a time. */
const MAX_OPEN_RESULTS = 3;
const DEFAULT_DAYS = 30;
const RESULTS_KEPT_MS = 30 * 86_400_000;

/** The first day of activities and audit events, where no cursor says otherwise. */
export const firstDay = ({ config, startedAt }: StreamContext): Day =>
  config.startDate ?? addDays(dayOf(startedAt), -DEFAULT_DAYS);

/** Whether the stream `opportunities` has to learn its ids from every activity since the first day. */
const opportunitiesNeedActivities = ({ config, selected }: StreamContext): boolean =>
  selected.has('opportunities') && config.opportunityIds.length === 0;

/** The activities of one window, in batches as Clari sent them. */
export interface WindowOfActivities {
  readonly window: DayWindow;
  /** ISO 8601. */
  readonly exportedAt: string;
  batches(): AsyncGenerator<unknown[]>;
}

/**
 * The activities from day `from` until today, window by window, oldest first. Windows that another stream reads in full anyway are shared
 * with it, so they may begin before `from`. Throws when a window fails; what came before it is whole.
 */
export async function* activitiesSince(
  context: StreamContext,
  from: Day,
  jobs: ActivityJobs,
  stream: { readonly output: StreamOutput; readonly signal: AbortSignal; save(): Promise<void> },
): AsyncGenerator<WindowOfActivities> {
  jobs.forgetOlderThan(new Date(context.startedAt - RESULTS_KEPT_MS).toISOString());
  context.pool.know(jobs.jobIds);
  const base = opportunitiesNeedActivities(context) && firstDay(context) < from ? firstDay(context) : from;
  const wanted = windows(base, dayOf(context.startedAt), jobs.ends).filter(({ endDate }) => endDate >= from);
  const slices = await Promise.all(
    wanted.map(async (window) => ({
      window,
      export: await context.activityExports.start(window, {
        pending: jobs.jobFor(window),
        submittingSince: jobs.submittingSince(window),
        journal: jobs.journal(window, () => stream.save()),
        onWaiting: (until) => stream.output.rateLimited(until),
      }),
    })),
  );
  for await (const { slice, results } of inOrder(slices, new Slots(MAX_OPEN_RESULTS), stream.signal)) {
    const { document, exportedAt } = await results();
    yield { window: slice.window, exportedAt, batches: () => document.batches('activities') };
  }
}
