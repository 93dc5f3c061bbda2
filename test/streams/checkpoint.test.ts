import { describe, expect, it } from 'vitest';
import type { StreamOutput } from '../../src/airbyte/stream';
import { Checkpoint } from '../../src/streams/checkpoint';

/** Counts what is saved; each STATE is out only when the test says so, unless `atOnce`. */
function setUp(atOnce = true) {
  const states: unknown[] = [];
  const outs: (() => void)[] = [];
  let count = 0;
  const output = {
    state: (state: { count: number }) => {
      states.push(state.count);
      return atOnce ? Promise.resolve() : new Promise<void>((resolve) => outs.push(resolve));
    },
  };
  const checkpoint = new Checkpoint(output as unknown as StreamOutput, () => ({ count }));
  return {
    states,
    letOut: () => outs.shift()?.(),
    save: () => {
      count++;
      return checkpoint.save();
    },
  };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('the states of a stream', () => {
  it('given changes of one moment, then one STATE holds them all', async () => {
    const { states, save } = setUp();
    await Promise.all([save(), save(), save()]);
    expect(states).toEqual([3]);
    await save();
    expect(states).toEqual([3, 4]);
  });

  it('given changes while a STATE goes out, then one more follows, and nobody is told sooner', async () => {
    const { states, save, letOut } = setUp(false);
    void save();
    await turn();
    const saved: string[] = [];
    const second = save().then(() => saved.push('second'));
    const third = save().then(() => saved.push('third'));
    await turn();
    expect(states).toEqual([1]);
    letOut();
    await turn();
    expect([states, saved]).toEqual([[1, 3], []]);
    letOut();
    await Promise.all([second, third]);
  });

  it('given a change made after its STATE was written, though before it is out, then it is not lost', async () => {
    const { states, save, letOut } = setUp(false);
    const first = save();
    await turn();
    letOut();
    const second = save();
    await turn();
    letOut();
    await Promise.all([first, second]);
    expect(states).toEqual([1, 2]);
  });

  it.each([1, 2, 3, 4, 5])(
    'given a change %i turns after a STATE is out, then its save waits for its own',
    async (turns) => {
      const { states, save, letOut } = setUp(false);
      void save();
      await turn();
      letOut();
      for (let passed = 0; passed < turns; passed++) await undefined;
      let isSaved = false;
      void save().then(() => {
        isSaved = true;
      });
      await turn();
      expect([states, isSaved]).toEqual([[1, 2], false]);
    },
  );
});
