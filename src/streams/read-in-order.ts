import { ClariError } from '../clari/errors';
import type { ExportHandle, OpenExport } from '../exports/request';
import type { Slots } from '../slots';

/** The part of a stream that one export provides. */
export interface Slice {
  readonly source: ExportHandle;
  /** Its results are already on disk and hold a disk slot. */
  readonly isOnDisk?: boolean;
}

export interface ReadableSlice<S extends Slice> {
  readonly slice: S;
  /** Resolves when the slice's results are on disk; rejects with its export's failure. */
  results(): Promise<OpenExport>;
}

/**
 * Hands out slices in order while fetching the results of the next ones. `diskSlots` bounds how many results are on
 * disk at once: Clari keeps the rest. Slots are taken in slice order, so a slice that holds one never waits for
 * another. A slice's results are removed when the next slice is requested.
 */
export async function* readInOrder<S extends Slice>(
  slices: readonly S[],
  diskSlots: Slots,
  signal: AbortSignal,
): AsyncGenerator<ReadableSlice<S>> {
  const left = new AbortController();
  const ending = AbortSignal.any([signal, left.signal]);
  let before: Promise<unknown> = Promise.resolve();
  const pending = slices.map((slice) => {
    const after = before;
    const onDisk = (async () => {
      await after;
      await slice.source.done;
      if (slice.isOnDisk !== true && !(await diskSlots.acquire(ending)))
        throw new ClariError('The sync was interrupted.', { kind: 'aborted' });
      slice.source.open().catch(noop); // fetches ahead; a failure surfaces when it is the slice's turn
    })();
    before = onDisk.catch(noop);
    return { slice, onDisk };
  });
  const giveBack = async ({ slice, onDisk }: (typeof pending)[number]) => {
    await slice.source.dispose();
    if (await onDisk.then(yes, no)) diskSlots.release();
  };
  let next = 0;
  try {
    while (next < pending.length) {
      const current = pending[next++] as (typeof pending)[number];
      try {
        yield {
          slice: current.slice,
          results: async () => {
            await current.onDisk;
            return current.slice.source.open();
          },
        };
      } finally {
        await giveBack(current);
      }
    }
  } finally {
    left.abort();
    const rest = Promise.all(pending.slice(next).map(giveBack));
    // A sync that must end cancels its jobs, and its last state has to say so. A read that stops early for any other
    // reason leaves its jobs running for the next sync to take over, so it doesn't wait for them.
    if (signal.aborted) await rest;
    else rest.catch(noop);
  }
}

const noop = (): void => undefined;
const yes = (): boolean => true;
const no = (): boolean => false;
