import { describe, expect, it } from 'vitest';
import { type Participant, SharedRead } from '../../src/streams/shared-read';

const participant = (stream: string) => ({ stream }) as Participant;

function shared(...streams: string[]) {
  const reads: string[][] = [];
  let end: (failure?: Error) => void = () => undefined;
  const read = new SharedRead(streams, (participants) => {
    reads.push(participants.map(({ stream }) => stream));
    return new Promise((resolve, reject) => {
      end = (failure) => (failure === undefined ? resolve() : reject(failure));
    });
  });
  return { read, reads, end: (failure?: Error) => end(failure) };
}

describe('a read that several streams share', () => {
  it('given all streams, then one read begins when the last has joined, and ends for all', async () => {
    const { read, reads, end } = shared('a', 'b');
    const first = read.join(participant('a'));
    expect(reads).toEqual([]);
    const second = read.join(participant('b'));
    expect(reads).toEqual([['a', 'b']]);
    end();
    await Promise.all([first, second]);
  });

  it('given a stream that fails before it joins, then the others do not wait for it', async () => {
    const { read, reads, end } = shared('a', 'b', 'c');
    const joined = [read.join(participant('a')), read.join(participant('b'))];
    expect(reads).toEqual([]);
    read.leave('c');
    expect(reads).toEqual([['a', 'b']]);
    end();
    await Promise.all(joined);
  });

  it('given one that leaves before the others join, then these begin all the same; given none left, then nothing is read', async () => {
    const early = shared('a', 'b');
    early.read.leave('b');
    const joined = early.read.join(participant('a'));
    expect(early.reads).toEqual([['a']]);
    early.end();
    await joined;
    const alone = shared('a');
    alone.read.leave('a');
    expect(alone.reads).toEqual([]);
  });

  it('given streams that leave after they were read, or that were never expected, then nothing is read twice', async () => {
    const { read, reads, end } = shared('a', 'b');
    const joined = [read.join(participant('a')), read.join(participant('b'))];
    end();
    await Promise.all(joined);
    for (const stream of ['a', 'b', 'c']) read.leave(stream);
    expect(reads).toEqual([['a', 'b']]);
  });

  it('given a read that fails, then every stream meets the failure', async () => {
    const { read, end } = shared('a', 'b');
    const joined = [read.join(participant('a')), read.join(participant('b'))];
    const outcomes = Promise.allSettled(joined);
    end(new Error('broken'));
    expect((await outcomes).map((outcome) => outcome.status)).toEqual(['rejected', 'rejected']);
  });
});
