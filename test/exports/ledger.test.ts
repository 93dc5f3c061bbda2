import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RESULTS_KEPT_MS } from '../../src/clari/entries/results';
import { JobLedger, type LedgerSlot, requestHash } from '../../src/exports/ledger';

type Key = { readonly part: string | null };

const AT = '2026-11-23T10:00:00.000Z';
const LATER = '2026-11-23T10:05:00.000Z';

const parseKey = ({ part }: Readonly<Record<string, unknown>>): Key | undefined =>
  part === null || typeof part === 'string' ? { part } : undefined;
const ledgerOf = (state?: object, save: () => Promise<void> = async () => undefined) => {
  const ledger = new JobLedger<Key>(parseKey, 'now', save);
  expect(ledger.load(state as never)).toEqual([]);
  return ledger;
};
const written = (ledger: JobLedger<Key>): unknown => JSON.parse(JSON.stringify(ledger));

describe('what the ledger takes over from a state', () => {
  it.each([undefined, {}, { pendingJobs: null }, { pendingJobs: [], submitting: [] }, { other: 1 }])(
    'given %j, then nothing is paid for',
    (state) => {
      expect(written(ledgerOf(state))).toEqual({ pendingJobs: [] });
    },
  );

  it('given what a ledger has written, when it is read again, then it says the same', () => {
    const state = {
      pendingJobs: [
        { part: 'a', jobId: 'job-a', submittedAt: AT, request: 'now' },
        { part: null, jobId: 'job-n', submittedAt: AT, request: 'then', failedReads: 2 },
      ],
      submitting: [{ part: 'b', submittedAt: LATER, request: 'now' }],
    };
    expect(written(ledgerOf(state))).toEqual(state);
  });

  it('given any entries, when written and read again, then none is lost, none is new, and each export has one', () => {
    const entries = fc.array(
      fc.record(
        {
          part: fc.option(fc.string({ maxLength: 3 })),
          jobId: fc.string({ minLength: 1, maxLength: 3 }),
          submittedAt: fc.constantFrom(AT, LATER),
          request: fc.constantFrom('now', 'then'),
          found: fc.constant(true as const),
          failedReads: fc.integer({ min: 1, max: 2 }),
        },
        { requiredKeys: ['part', 'submittedAt'] },
      ),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(entries, (all) => {
        const state = {
          pendingJobs: all.filter(({ jobId }) => jobId !== undefined),
          submitting: all.filter(({ jobId }) => jobId === undefined),
        };
        const ledger = ledgerOf(state);
        const again = written(ledger) as { pendingJobs: Key[]; submitting?: Key[] };
        expect(written(ledgerOf(again))).toEqual(again);
        const parts = [...again.pendingJobs, ...(again.submitting ?? [])].map(({ part }) => part);
        expect(parts.toSorted()).toEqual([...new Set(all.map(({ part }) => part))].toSorted());
        for (const { part, jobId } of all)
          if (jobId !== undefined) expect(ledger.at({ part }).entry?.jobId).toBeDefined();
      }),
    );
  });

  it('given a job of the first release, then it is taken over though nothing says what it was asked for', () => {
    const ledger = ledgerOf({ pendingJobs: [{ part: 'a', jobId: 'job-a', submittedAt: AT }] });
    expect(ledger.at({ part: 'a' }).entry).toEqual({ jobId: 'job-a', submittedAt: AT });
  });

  it('given the states of several streams, then every job is known, whichever stream noted it', () => {
    const ledger = ledgerOf({ pendingJobs: [{ part: 'a', jobId: 'job-a', submittedAt: AT }] });
    expect(ledger.load({ pendingJobs: [{ part: 'b', jobId: 'job-b', submittedAt: AT }] })).toEqual([]);
    expect(ledger.jobIds.toSorted()).toEqual(['job-a', 'job-b']);
  });

  it("given one state that knows an export's job and one that knows of a POST alone, then the job stays", () => {
    const pending = { pendingJobs: [{ part: 'a', jobId: 'job-a', submittedAt: AT }] };
    const submitting = { submitting: [{ part: 'a', submittedAt: LATER }] };
    for (const states of [
      [pending, submitting],
      [submitting, pending],
    ]) {
      const ledger = ledgerOf(states[0]);
      ledger.load(states[1]);
      expect(ledger.at({ part: 'a' }).entry?.jobId).toBe('job-a');
    }
  });

  it('given jobs that make no sense, then each is named by its place, and the good ones are taken over', () => {
    const ledger = new JobLedger<Key>(parseKey, 'now', async () => undefined);
    const problems = ledger.load({
      pendingJobs: [
        7,
        { part: 'a', jobId: 'job-a', submittedAt: AT },
        { part: 5, jobId: 'job-b', submittedAt: AT },
        { part: 'c', submittedAt: AT },
        { part: 'd', jobId: 'job-d', submittedAt: 'yesterday' },
        { part: 'e', jobId: '', submittedAt: AT },
      ],
    });
    expect(problems.map((problem) => problem.slice(0, 15))).toEqual(
      [0, 2, 3, 4, 5].map((index) => `pendingJobs[${index}]:`),
    );
    expect(ledger.jobIds).toEqual(['job-a']);
    expect(ledger.load({ pendingJobs: {} })).toEqual(['pendingJobs: must be an array']);
  });

  it('given hints of unanswered POSTs that make no sense, then they are ignored', () => {
    expect(written(ledgerOf({ submitting: [7, { part: 'a' }, { part: 'b', jobId: 'x', submittedAt: AT }] }))).toEqual({
      pendingJobs: [],
    });
    expect(written(ledgerOf({ submitting: 'no' }))).toEqual({ pendingJobs: [] });
  });
});

describe('a line of the ledger', () => {
  it('given an export from its POST to its results, then the state says at each step what a later sync has to know', () => {
    const ledger = ledgerOf();
    const slot = ledger.at({ part: 'a' });
    expect(slot.entry).toBeUndefined();
    slot.posting(AT);
    expect(written(ledger)).toEqual({
      pendingJobs: [],
      submitting: [{ part: 'a', submittedAt: AT, request: 'now' }],
    });
    slot.started('job-a');
    expect(written(ledger)).toEqual({
      pendingJobs: [{ part: 'a', jobId: 'job-a', submittedAt: AT, request: 'now' }],
    });
    slot.settled();
    expect(written(ledger)).toEqual({ pendingJobs: [] });
  });

  it('given the same export twice, whatever the order of its key, then it is one line', () => {
    const ledger = new JobLedger<{ a: string; b: string }>(
      () => undefined,
      'now',
      async () => undefined,
    );
    ledger.at({ a: '1', b: '2' }).posting(AT);
    ledger.at({ b: '2', a: '1' }).started('job');
    expect(ledger.jobIds).toEqual(['job']);
    expect(ledger.toJSON().submitting).toBeUndefined();
  });

  it("given results that can't be read, then the job stays for three syncs, however often one of them fails", () => {
    let state: object = { pendingJobs: [{ part: 'a', jobId: 'job-a', submittedAt: AT, request: 'now' }] };
    const stays: boolean[] = [];
    for (let sync = 1; sync <= 3; sync++) {
      const ledger = ledgerOf(state);
      const slot = ledger.at({ part: 'a' });
      stays.push(slot.unread());
      expect(slot.unread(), `asked again in sync ${sync}`).toBe(sync < 3);
      state = ledger.toJSON();
    }
    expect(stays).toEqual([true, true, false]);
    expect(state).toEqual({ pendingJobs: [] });
  });

  it('given a new job for an export whose old one could not be read, then it starts afresh', () => {
    const ledger = ledgerOf({ pendingJobs: [{ part: 'a', jobId: 'old', submittedAt: AT, failedReads: 2 }] });
    const slot = ledger.at({ part: 'a' });
    slot.posting(LATER);
    slot.started('new');
    expect(slot.entry).toEqual({ jobId: 'new', submittedAt: LATER, request: 'now' });
  });

  it('given a line that is saved, then it resolves once the state is out', async () => {
    let out: () => void = () => undefined;
    const slot: LedgerSlot = ledgerOf(undefined, () => new Promise((resolve) => (out = resolve))).at({ part: 'a' });
    let saved = false;
    const saving = slot.save().then(() => (saved = true));
    await Promise.resolve();
    expect(saved).toBe(false);
    out();
    await saving;
  });
});

describe('the ledger as a whole', () => {
  const state = {
    pendingJobs: [
      { part: 'a', jobId: 'job-a', submittedAt: '2026-10-20T00:00:00Z' },
      { part: 'b', jobId: 'job-b', submittedAt: AT },
    ],
  };

  it('given jobs whose results Clari no longer keeps, then they are forgotten', () => {
    const ledger = ledgerOf(state);
    ledger.forgetBefore(Date.parse(AT) - RESULTS_KEPT_MS);
    expect(ledger.jobIds).toEqual(['job-b']);
  });

  it('given exports that nobody will ask for again, then they are forgotten by their key', () => {
    const ledger = ledgerOf(state);
    ledger.forgetWhere(({ part }) => part === 'b');
    expect(ledger.jobIds).toEqual(['job-a']);
  });

  it('given a key that is looked for, then it is found as it was noted', () => {
    expect(ledgerOf(state).find(({ part }) => part !== 'a')).toEqual({ part: 'b' });
    expect(ledgerOf(state).find(({ part }) => part === 'c')).toBeUndefined();
  });

  it("given a job that turned out to be another export's, then it moves there, unless that has one", () => {
    const ledger = ledgerOf(state);
    ledger.move({ part: 'a' }, { part: 'c' });
    expect(ledger.at({ part: 'c' }).entry?.jobId).toBe('job-a');
    expect(ledger.at({ part: 'a' }).entry).toBeUndefined();
    ledger.move({ part: 'c' }, { part: 'b' });
    expect(ledger.at({ part: 'b' }).entry?.jobId).toBe('job-b');
    expect(ledger.jobIds).toEqual(['job-b']);
    expect(() => ledger.move({ part: 'x' }, { part: 'y' })).not.toThrow();
  });

  it('given what is asked for, then equal requests have equal hashes, and others have not', () => {
    expect(requestHash({ currency: 'USD' })).toBe(requestHash({ currency: 'USD' }));
    expect(requestHash({ currency: 'USD' })).not.toBe(requestHash({ currency: 'EUR' }));
    expect(requestHash({})).toMatch(/^[0-9a-f]{8}$/);
  });
});
