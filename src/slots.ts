/**
 * A semaphore: counts what is running against a limit, and hands out free places first come, first served. The limit
 * can change while callers wait; `occupy` takes a place even over the limit, for what is already running.
 */
export class Slots {
  private held = 0;
  private readonly queue: (() => void)[] = [];
  private readonly releaseListeners = new Set<() => void>();

  constructor(private limit: number) {}

  /** How many places there are. */
  get size(): number {
    return this.limit;
  }

  get running(): number {
    return this.held;
  }

  setLimit(limit: number): void {
    this.limit = limit;
    this.serve();
  }

  /**
   * Resolves with true when the caller has a place; give it back with `release`. If `signal` fires first, resolves with
   * false, without a place.
   */
  async acquire(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    return new Promise((resolve) => {
      const served = () => {
        signal.removeEventListener('abort', left);
        this.held++;
        resolve(true);
      };
      const left = () => {
        this.queue.splice(this.queue.indexOf(served), 1);
        resolve(false);
      };
      signal.addEventListener('abort', left, { once: true });
      this.queue.push(served);
      this.serve();
    });
  }

  occupy(): void {
    this.held++;
  }

  release(): void {
    this.held--;
    for (const listener of this.releaseListeners) listener();
    this.serve();
  }

  /** Calls `listener` on every release until the returned function is called. */
  onRelease(listener: () => void): () => void {
    this.releaseListeners.add(listener);
    return () => this.releaseListeners.delete(listener);
  }

  private serve(): void {
    while (this.held < this.limit) {
      const next = this.queue.shift();
      if (next === undefined) return;
      next();
    }
  }
}
