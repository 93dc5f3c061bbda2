import { describe, expect, it } from 'vitest';
import { Slots } from '../src/slots';

const { signal } = new AbortController();
const turn = () => new Promise((resolve) => setImmediate(resolve));

function queue(slots: Slots, names: string): string[] {
  const served: string[] = [];
  for (const name of names) void slots.acquire(signal).then((ours) => served.push(ours ? name : `no ${name}`));
  return served;
}

describe('slots', () => {
  it('given more callers than slots, then they are served first come, first served', async () => {
    const slots = new Slots(2);
    const served = queue(slots, 'abcd');
    await turn();
    expect(served.join('')).toBe('ab');
    expect(slots.running).toBe(2);
    slots.release();
    await turn();
    expect(served.join('')).toBe('abc');
  });

  it('given a limit that rises, then those who wait are served; given one that falls, then nobody is until enough are free', async () => {
    const slots = new Slots(1);
    const served = queue(slots, 'abc');
    slots.setLimit(2);
    await turn();
    expect(served.join('')).toBe('ab');
    slots.setLimit(1);
    slots.release();
    await turn();
    expect(served.join('')).toBe('ab');
    slots.release();
    await turn();
    expect(served.join('')).toBe('abc');
  });

  it('given what runs already, then it counts, even over the limit', async () => {
    const slots = new Slots(1);
    slots.occupy();
    slots.occupy();
    const served = queue(slots, 'a');
    slots.release();
    await turn();
    expect(served).toEqual([]);
    slots.release();
    await turn();
    expect(served).toEqual(['a']);
  });

  it('given a caller that gives up, then it gets none, and the next is served', async () => {
    const slots = new Slots(1);
    await slots.acquire(signal);
    const impatient = new AbortController();
    const gone = slots.acquire(impatient.signal);
    const next = slots.acquire(signal);
    impatient.abort();
    expect(await gone).toBe(false);
    slots.release();
    expect(await next).toBe(true);
    expect(await slots.acquire(impatient.signal), 'aborted before').toBe(false);
    slots.release();
    expect(slots.running, 'nobody who has gone is served').toBe(0);
  });

  it('given a listener, then it hears of every release until it leaves', () => {
    const slots = new Slots(1);
    let heard = 0;
    const leave = slots.onRelease(() => heard++);
    slots.occupy();
    slots.release();
    leave();
    slots.occupy();
    slots.release();
    expect(heard).toBe(1);
  });
});
