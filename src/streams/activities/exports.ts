import type { ClariClient } from '../../clari/client';
import type { ActivityType, ClariJob } from '../../clari/types';
import type { ExportPool } from '../../exports/pool';
import type { ExportHandle, ExportJournal, JournaledJob } from '../../exports/request';
import { type DayWindow, startOfDay } from './windows';

/** A job that was started for a window of activities and whose results are not out yet. */
export interface PendingActivityJob extends DayWindow, JournaledJob {}

/** Who wants a window's activities. */
export interface WindowReader {
  readonly pending?: JournaledJob | undefined;
  readonly submittingSince?: string | undefined;
  readonly journal: ExportJournal;
  onWaiting(until: number | null): void;
}

interface SharedExport {
  readonly handle: ExportHandle;
  readonly readers: WindowReader[];
  /** Readers that have not disposed of the results yet. */
  open: number;
  job: JournaledJob | undefined;
}

/** The activity exports of one sync. Two streams that want the same window share one job: it is paid for once and downloaded once. */
export class ActivityExports {
  private readonly shared = new Map<string, SharedExport>();

  constructor(
    private readonly client: ClariClient,
    private readonly pool: ExportPool,
    private readonly activityTypes: readonly ActivityType[],
  ) {}

  /** The window's export, started unless another stream has. Its results are removed when every stream has disposed of them. */
  async start(window: DayWindow, reader: WindowReader): Promise<ExportHandle> {
    const key = `${window.startDate}/${window.endDate}`;
    let shared = this.shared.get(key);
    if (shared === undefined) {
      shared = this.begin(window, reader);
      this.shared.set(key, shared);
    } else {
      shared.readers.push(reader);
      shared.open++;
      if (shared.job !== undefined) await reader.journal.submitted(shared.job);
    }
    const { handle } = shared;
    const own = shared;
    return {
      finished: handle.finished,
      open: () => handle.open(),
      dispose: async () => {
        if (--own.open > 0) return;
        this.shared.delete(key);
        await handle.dispose();
      },
    };
  }

  private begin(window: DayWindow, first: WindowReader): SharedExport {
    const readers = [first];
    const everyone = async (tell: (journal: ExportJournal) => Promise<void>) => {
      await Promise.all(readers.map(({ journal }) => tell(journal)));
    };
    const shared: SharedExport = {
      readers,
      open: 1,
      job: undefined,
      handle: this.pool.start({
        label: `activities from ${window.startDate} to ${window.endDate}`,
        pending: first.pending,
        submittingSince: first.submittingSince,
        submit: ({ signal }) =>
          this.client.exportActivities({
            signal,
            startDate: startOfDay(window.startDate),
            endDate: startOfDay(window.endDate),
            activityTypes: this.activityTypes,
          }),
        matches: isActivityExport,
        onWaiting: (until) => {
          for (const reader of readers) reader.onWaiting(until);
        },
        journal: {
          submitting: (submittedAt) => everyone((journal) => journal.submitting(submittedAt)),
          submitted: (job) => {
            shared.job = job;
            return everyone((journal) => journal.submitted(job));
          },
          dropped: () => {
            shared.job = undefined;
            return everyone((journal) => journal.dropped());
          },
        },
      }),
    };
    if (first.pending !== undefined) shared.job = first.pending;
    return shared;
  }
}

/** Nothing in Clari's job list tells an activity export's window, so any activity job can be the lost one; it is adopted only when it is the only one. */
const isActivityExport = (job: ClariJob): boolean =>
  [job.module, job.title, job.fileName].some((text) => text !== null && /activit/i.test(text));
