import { ClariError } from '../clari/errors';
import type { ExportHandle, OpenExport } from '../exports/request';
import type { Slots } from '../slots';

/** One part of a stream that one export brings. */
export interface Slice {
  readonly export: ExportHandle;
}

export interface ReadableSlice<S extends Slice> {
  readonly slice: S;
  /** Resolves when the slice's results are on disk; rejects with what has become of its export otherwise. */
  results(): Promise<OpenExport>;
}

/**
 * Hands out slices in their order while the results of the next ones are fetched. `places` bounds how many results lie on disk at a time:
 * Clari keeps the others. Places are taken in the order of the slices, so that whoever holds one can always go on. A slice's results are
 * removed when the next slice is asked for.
 */
export async function* inOrder<S extends Slice>(
  slices: readonly S[],
  places: Slots,
  signal: AbortSignal,
): AsyncGenerator<ReadableSlice<S>> {
  const left = new AbortController();
  const ending = AbortSignal.any([signal, left.signal]);
  let before: Promise<unknown> = Promise.resolve();
  const fetched = slices.map((slice) => {
    const after = before;
    const place = (async () => {
      await after;
      await slice.export.finished;
      if (!(await places.acquire(ending))) throw new ClariError('The sync was interrupted.', { kind: 'aborted' });
      slice.export.open().catch(noop); // fetches ahead; a failure is met when the slice's turn comes
    })();
    before = place.catch(noop);
    return { slice, place };
  });
  const giveBack = async ({ slice, place }: (typeof fetched)[number]) => {
    await slice.export.dispose();
    if (await place.then(yes, no)) places.release();
  };
  let next = 0;
  try {
    while (next < fetched.length) {
      const current = fetched[next++] as (typeof fetched)[number];
      try {
        yield {
          slice: current.slice,
          results: async () => {
            await current.place;
            return current.slice.export.open();
          },
        };
      } finally {
        await giveBack(current);
      }
    }
  } finally {
    left.abort();
    const rest = Promise.all(fetched.slice(next).map(giveBack));
    // A sync that is told to end cancels its jobs, and its last state has to say so. Whoever stops early for another reason leaves
    // jobs running, which the next sync goes on with: nobody waits for them here.
    if (signal.aborted) await rest;
  }
}

const noop = (): void => undefined;
const yes = (): boolean => true;
const no = (): boolean => false;
