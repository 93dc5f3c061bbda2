import type { StreamReadRequest } from '../airbyte/stream';

/** A stream that takes part in a shared read. */
export interface Participant {
  readonly stream: string;
  readonly request: StreamReadRequest;
}

/**
 * Lets streams share exports: each export is paid for and downloaded once, and every stream gets its part. A sync's
 * streams are read side by side; the last one to join starts the one read that serves them all.
 */
export class SharedRead<P extends Participant = Participant> {
  private readonly participants: P[] = [];
  private readonly started: Promise<void>;
  private start: (reading: Promise<void>) => void = () => undefined;

  private readonly expected: Set<string>;

  /** `streams`: those that will join. */
  constructor(
    streams: Iterable<string>,
    private readonly read: (participants: readonly P[]) => Promise<void>,
  ) {
    this.expected = new Set(streams);
    this.started = new Promise((resolve) => {
      this.start = resolve;
    });
  }

  /** Resolves when the stream has been read to the end. */
  async join(participant: P): Promise<void> {
    this.participants.push(participant);
    this.startWhenAllAreHere();
    await this.started;
  }

  /** The stream has ended: if it failed before it could join, the others don't wait for it. */
  leave(stream: string): void {
    const hasJoined = this.participants.some((participant) => participant.stream === stream);
    if (!hasJoined && this.expected.delete(stream)) this.startWhenAllAreHere();
  }

  private startWhenAllAreHere(): void {
    const { participants, expected } = this;
    if (participants.length === expected.size && expected.size > 0) this.start(this.read(participants));
  }
}
