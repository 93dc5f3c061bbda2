import type { StreamOutput, StreamState } from '../airbyte/stream';

/** Writes a stream's states: one for all the changes since the last, however many callers ask for it at once. */
export class Checkpoint {
  private stale = false;
  private saving: Promise<void> | undefined;

  constructor(
    private readonly output: StreamOutput,
    /** The stream's state as it is now. */
    private readonly current: () => StreamState,
  ) {}

  /** Resolves once a STATE with every change made before the call has been handed to stdout. */
  async save(): Promise<void> {
    this.stale = true;
    this.saving ??= this.write();
    return this.saving;
  }

  private async write(): Promise<void> {
    try {
      while (this.stale) {
        // Changes made at the same moment go out together.
        await Promise.resolve();
        this.stale = false;
        await this.output.state(this.current());
      }
    } finally {
      // In the same turn as the last look at `stale`: a save in between would be taken for one that has been written.
      this.saving = undefined;
    }
  }
}
