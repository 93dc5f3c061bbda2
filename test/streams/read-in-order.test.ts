import { describe, expect, it } from 'vitest';
import type { ExportHandle, OpenExport } from '../../src/exports/request';
import { Slots } from '../../src/slots';
import { readInOrder, type Slice } from '../../src/streams/read-in-order';

/** An export that is done when the test says so. */
class FakeExport implements ExportHandle {
  readonly adopted = false;
  readonly done: Promise<void>;
  end: () => void = () => undefined;
  fail: (error: Error) => void = () => undefined;

  constructor(
    readonly name: string,
    private readonly story: string[],
  ) {
    this.done = new Promise((resolve, reject) => {
      this.end = resolve;
      this.fail = reject;
    });
    this.done.catch(() => undefined);
  }

  async open(): Promise<OpenExport> {
    if (!this.story.includes(`open ${this.name}`)) this.story.push(`open ${this.name}`);
    return { jobId: this.name } as OpenExport;
  }

  async release(): Promise<void> {
    this.story.push(`release ${this.name}`);
  }

  async dispose(): Promise<void> {
    this.story.push(`dispose ${this.name}`);
  }
}

function setUp(names: string, { onDisk = 2 }: { onDisk?: number } = {}) {
  const story: string[] = [];
  const exports = [...names].map((name) => new FakeExport(name, story));
  const stop = new AbortController();
  const slots = new Slots(onDisk);
  const read = (more: Partial<Slice> = {}, upTo = Number.POSITIVE_INFINITY) => {
    const slices = exports.map((source, index) => ({ source, ...(index === 0 && more) }));
    return (async () => {
      const got: string[] = [];
      for await (const { results } of readInOrder(slices, slots, stop.signal)) {
        got.push(
          await results().then(
            ({ jobId }) => String(jobId),
            (error: Error) => error.message,
          ),
        );
        await turn();
        if (got.length >= upTo) break;
      }
      return got;
    })();
  };
  return { story, exports, stop, slots, read };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('slices that are read in order', () => {
  it('given exports that end in another order, then their results come in the order of the slices', async () => {
    const { exports, read, slots } = setUp('abc');
    const reading = read();
    for (const source of exports.toReversed()) {
      source.end();
      await turn();
    }
    expect(await reading).toEqual(['a', 'b', 'c']);
    await turn();
    expect(slots.running).toBe(0);
  });

  it('given the first still running, then the next ones are not fetched: what is on disk waits for nobody', async () => {
    const { exports, story, read } = setUp('abc');
    void read();
    exports[1]?.end();
    exports[2]?.end();
    await turn();
    expect(story).toEqual([]);
    exports[0]?.end();
    await turn();
    expect(story.slice(0, 2)).toEqual(['open a', 'open b']);
  });

  it('given more results than disk slots, then the next are fetched once one has been removed', async () => {
    const { exports, story, read } = setUp('abcd', { onDisk: 2 });
    for (const source of exports) source.end();
    await read();
    expect(story.indexOf('open c')).toBeGreaterThan(story.indexOf('dispose a'));
    expect(story.indexOf('open b')).toBeLessThan(story.indexOf('dispose a'));
  });

  it('given a first slice that is on disk already, then it takes no slot, and gives its own back', async () => {
    const { exports, slots, read } = setUp('ab', { onDisk: 1 });
    slots.occupy();
    for (const source of exports) source.end();
    expect(await read({ isOnDisk: true })).toEqual(['a', 'b']);
    await turn();
    expect(slots.running).toBe(0);
  });

  it('given an export that fails, then its slice says so, and the others are read', async () => {
    const { exports, slots, read } = setUp('abc', { onDisk: 1 });
    exports[0]?.end();
    exports[1]?.fail(new Error('broken'));
    exports[2]?.end();
    expect(await read()).toEqual(['a', 'broken', 'c']);
    await turn();
    expect(slots.running).toBe(0);
  });

  it('given a reader that stops early, then what is left is not wanted any more, and every slot comes back', async () => {
    const { exports, story, slots, read } = setUp('abc', { onDisk: 2 });
    for (const source of exports) source.end();
    expect(await read({}, 1)).toEqual(['a']);
    await turn();
    expect(story.filter((what) => what.startsWith('dispose'))).toEqual(['dispose a', 'dispose b', 'dispose c']);
    expect(slots.running).toBe(0);
  });

  it('given an interruption, then it ends once the jobs have been dealt with', async () => {
    const { exports, stop, slots, read } = setUp('ab');
    const reading = read();
    await turn();
    stop.abort();
    for (const source of exports) source.fail(new Error('interrupted'));
    expect(await reading).toEqual(['interrupted', 'interrupted']);
    expect(slots.running).toBe(0);
  });
});
