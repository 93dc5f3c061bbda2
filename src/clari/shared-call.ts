import { interrupted } from './http/failures';

interface Running<T> {
  readonly result: Promise<T>;
  readonly stop: AbortController;
  waiting: number;
  settled: boolean;
}

/**
 * One call for all who want its result. It is made when the first one asks, and its result is remembered; after a
 * failure the next one who asks makes it anew. A caller's signal ends that caller's wait alone; the call itself ends
 * when nobody waits for it any more.
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
