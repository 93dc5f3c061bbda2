import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fault, FaultAction, JobOutcome, Simulator } from '../../simulator';
import { startSimulator } from '../../simulator';
import { quarterRange } from '../../src/period';
import { catalogOf } from '../support/connector';
import { checkConversation, type Json } from '../support/messages';
import { daysBefore, NOW } from '../support/simulated';
import { progressOf, type SyncResult, sync, valuesByKey } from '../support/sync';

/** Fixed, so that a failure can be seen again: each names one mix of faults. */
const SEEDS = [1, 2, 3, 5, 8, 13, 21, 34, 55, 89];
const FORECASTS = ['net_new', 'renewals_emea'];
const STREAMS = ['forecast_entries', 'activities', 'audit_events'];
const CATALOG = catalogOf(Object.fromEntries(STREAMS.map((name) => [name, 'incremental' as const])));

const action: fc.Arbitrary<FaultAction> = fc.oneof(
  fc.record({
    type: fc.constant('status' as const),
    status: fc.constantFrom(429, 500, 502, 503),
    afterProcessing: fc.boolean(),
  }),
  fc.record({ type: fc.constant('reset' as const), afterProcessing: fc.boolean() }),
  fc.record({
    type: fc.constant('hang' as const),
    stage: fc.constantFrom('before_answer' as const, 'mid_body' as const),
    bytes: fc.nat(30),
    afterProcessing: fc.boolean(),
  }),
  fc.record({ type: fc.constantFrom('cutBody' as const, 'shortBody' as const), bytes: fc.nat(400) }),
  fc.record({ type: fc.constant('garbage' as const), afterProcessing: fc.boolean() }),
);
const requestFaults: fc.Arbitrary<Fault[]> = fc.array(
  fc.record({
    path: fc.constantFrom(
      /\/export\/forecast\//,
      /\/export\/jobs\/[^/]+$/,
      /\/results$/,
      /\/admin\/limits/,
      /\/export\/jobs$/,
      /\/export\/activity/,
      /\/audit\/events/,
    ),
    nth: fc.integer({ min: 1, max: 6 }),
    times: fc.integer({ min: 1, max: 4 }),
    action,
  }),
  { minLength: 2, maxLength: 6 },
);
const outcomes = fc.array(
  fc.record({
    forecastId: fc.constantFrom(...FORECASTS),
    timePeriod: fc.constantFrom(null, '2027_Q3', '2027_Q2'),
    times: fc.integer({ min: 1, max: 3 }),
    outcome: fc.constantFrom<JobOutcome>('FAILED', 'ABORTED', 'CANCELLED', 'EXPIRED', 'ROWS_TRUNCATED', {
      statusWord: 'ODD',
      thenDone: true,
    }),
  }),
  { maxLength: 3 },
);
const mixes = fc.record({ requestFaults, outcomes, foreignRunning: fc.constantFrom(0, 0, 1) });

/** Three quarters, of which two have settled. */
const CONFIG = { forecast_ids: FORECASTS, start_period: '2027_Q2', max_poll_attempts: 40 };
const timing = { firstByteTimeoutMs: 250, idleTimeoutMs: 250, maxTries: 4, totalTimeoutMs: 5_000 };

/** What a read brought of everything, each record by what tells it apart. */
function contentOf({ entries, messages }: SyncResult): Map<string, string> {
  const activities = messages
    .records('activities')
    .map(({ exportedAt: _at, ...row }) => [`activity ${row['activityId']}`, JSON.stringify(row)]);
  const events = messages.records('audit_events').map((row) => [JSON.stringify(row), '']);
  return new Map([...valuesByKey(entries), ...(activities as [string, string][]), ...(events as [string, string][])]);
}

/** Time goes on, so that there may be more than in the undisturbed sync, but never less, and nothing else. */
function expectAll(content: ReadonlyMap<string, string>, undisturbed: ReadonlyMap<string, string>): void {
  for (const [key, value] of undisturbed) expect(content.get(key), key).toBe(value);
}

/** Every activity and event before its stream's cursor is out. Resolves to how many of these streams have one. */
function expectNoGapInTime({ messages }: SyncResult, simulator: Simulator): void {
  const read = messages.states('activities').at(-1)?.['date'];
  const before = read === undefined ? [] : simulator.truth.activities(daysBefore(30), Date.parse(String(read)) - 1000);
  const ids = new Set(messages.records('activities').map(({ activityId }) => activityId));
  for (const { activityId } of before) expect(ids, `activities before ${read}`).toContain(activityId);
  const newest = messages.states('audit_events').at(-1)?.['eventTimestamp'];
  const events = newest === undefined ? [] : simulator.truth.auditEvents(daysBefore(30), String(newest));
  expect(messages.records('audit_events').length, `events up to ${newest}`).toBeGreaterThanOrEqual(events.length);
}

/** Every closed quarter up to the cursor is out, or still owed. */
function expectNoGap(progress: Json, emitted: ReadonlySet<string>): void {
  expect(Object.keys(progress).toSorted(), 'what is wanted is noted whatever fails').toEqual(FORECASTS);
  for (const [forecastId, { since, timePeriod, missing }] of Object.entries(
    progress as Record<string, { since: string; timePeriod: string; missing: string[] }>,
  )) {
    expect(since).toBe(CONFIG.start_period);
    for (const quarter of quarterRange(since, timePeriod)) {
      if (!missing.includes(quarter))
        expect(emitted, `${forecastId} ${quarter} counts as done`).toContain(`${forecastId} ${quarter}`);
    }
  }
}

describe('whole syncs through random mixes of faults', () => {
  it.each(SEEDS)(
    'given the mix of seed %i, then exit code 0 means every record, and any other leaves a state without a gap',
    async (seed) => {
      const [mix] = fc.sample(mixes, { seed, numRuns: 1 });
      if (mix === undefined) throw new Error('no mix');
      const simulator = await startSimulator({ now: NOW });
      try {
        const config = CONFIG;
        const undisturbed = await sync(simulator, { catalog: CATALOG, config });
        const whole = contentOf(undisturbed);
        simulator.faults.add(...mix.requestFaults);
        for (const { outcome, ...match } of mix.outcomes) simulator.faults.job(match, outcome);
        simulator.setForeignRunning(mix.foreignRunning);
        const result = await sync(simulator, { catalog: CATALOG, config, timing });
        checkConversation(result.messages, STREAMS);
        const emitted = new Set(result.entries.map(({ forecastId, timePeriod }) => `${forecastId} ${timePeriod}`));
        expectNoGap(progressOf(result), emitted);
        expectNoGapInTime(result, simulator);
        if (result.exitCode === 0) {
          expect(valuesByKey(result.entries)).toEqual(valuesByKey(undisturbed.entries));
          expectAll(contentOf(result), whole);
          const cursor = { since: '2027_Q2', timePeriod: '2027_Q3', missing: [] };
          expect(progressOf(result)).toEqual({ net_new: cursor, renewals_emea: cursor });
        } else {
          expect(result.messages.errors.length, 'a reason for the exit code').toBeGreaterThan(0);
          simulator.faults.clear();
          const next = await sync(simulator, { catalog: CATALOG, config, state: result.messages.lastStates });
          expect(next.exitCode).toBe(0);
          expect(valuesByKey([...result.entries, ...next.entries])).toEqual(valuesByKey(undisturbed.entries));
          expectAll(new Map([...contentOf(result), ...contentOf(next)]), whole);
        }
      } finally {
        await simulator.close();
      }
    },
  );
});
