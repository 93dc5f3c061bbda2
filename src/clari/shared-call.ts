import { interrupted } from './http/failures';

interface Running<T> {
  readonly result: Promise<T>;
  readonly stop: AbortController;
  waiting: number;
  settled: boolean;
}

/**
 * One call shared by every caller. The first caller makes it, and its result is remembered; after a failure the next
 * caller makes it again. A caller's signal ends only that caller's wait; the call itself is aborted when no caller is
 * waiting for it anymore.
 */
export class SharedCall<T> {
  private running: Running<T> | undefined;

  constructor(private readonly call: (signal: AbortSignal) => Promise<T>) {}

  async get(signal: AbortSignal | undefined): Promise<T> {
    if (signal?.aborted) throw interrupted('no');
    this.running ??= this.start();
    const { running } = this;
    running.waiting++;
    try {
      return await unlessAborted(running.result, signal);
    } finally {
      running.waiting--;
      if (running.waiting === 0 && !running.settled) {
        this.forget(running);
        running.stop.abort();
      }
    }
  }

  private start(): Running<T> {
    const stop = new AbortController();
    const running: Running<T> = { result: this.call(stop.signal), stop, waiting: 0, settled: false };
    const settle = () => {
      running.settled = true;
    };
    running.result.then(settle, () => {
      settle();
      this.forget(running);
    });
    return running;
  }

  private forget(running: Running<T>): void {
    if (this.running === running) this.running = undefined;
  }
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const leave = () => reject(interrupted('no'));
    signal.addEventListener('abort', leave, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}
