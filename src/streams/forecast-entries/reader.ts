import type { StreamOutput } from '../../airbyte/stream';
import type { Day } from '../../days';
import type { JobLedger } from '../../exports/ledger';
import { Checkpoint } from '../checkpoint';
import { stateProblem } from '../failures';
import type { Participant } from '../shared-read';
import type { ForecastKey } from './exports';
import type { RowsOf } from './rows';
import { ForecastState, type Settings } from './state';

/** A forecast stream's part in a read: its state, rows and output. */
export class Reader {
  readonly stream: string;
  readonly output: StreamOutput;
  readonly incremental: boolean;
  readonly state: ForecastState;
  readonly checkpoint: Checkpoint;
  /** How many slices a used-up quota left undone. */
  quotaWanted = 0;
  /** One of them would have shown which quarters a forecast has, so there may be more. */
  quotaMayWantMore = false;

  /** Throws a config error that names everything in the state that can't be used. */
  constructor(
    { stream, request }: Participant,
    readonly rows: RowsOf,
    private readonly settings: Settings,
    ledger: JobLedger<ForecastKey>,
    today: Day,
    /** Whether this stream's state holds the ledger; only one stream's does. */
    private readonly keepsLedger: () => boolean,
  ) {
    this.stream = stream;
    this.output = request.output;
    this.incremental = request.syncMode === 'incremental';
    const problems: string[] = [];
    this.state = new ForecastState(request.state, today, problems);
    problems.push(...ledger.load(request.state));
    if (problems.length > 0) throw stateProblem(stream, problems);
    if (this.changedSettings().length > 0) this.state.forgetOpen();
    this.checkpoint = new Checkpoint(request.output, () => {
      const jobs = this.keepsLedger() ? ledger.toJSON() : { pendingJobs: [] };
      return this.incremental ? { forecasts: this.state.toJSON(), settings: this.settings, ...jobs } : jobs;
    });
  }

  /** Names of the settings that changed since earlier syncs read their rows; empty in a first sync. */
  changedSettings(): string[] {
    const before = this.state.earlierSettings;
    if (before === undefined || !this.incremental) return [];
    return Object.keys(this.settings).filter(
      (name) => name in before && JSON.stringify(before[name]) !== JSON.stringify(this.settings[name]),
    );
  }
}
