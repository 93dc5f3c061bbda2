import { afterEach, expect } from 'vitest';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../simulator';

/**
 * When the simulated Clari's clock starts, so that no test depends on the day it runs: 2027_Q4 is current, 2027_Q3 has
 * settled.
 */
export const NOW = '2026-11-23T08:00:00Z';

/**
 * For a test file: starts simulated Claris whose clock runs from `NOW`. After each test they are closed, and every
 * planned fault must have struck, since one that never does proves nothing.
 */
export function simulatedClari(): (options?: SimulatorOptions) => Promise<Simulator> {
  const started: Simulator[] = [];
  afterEach(async () => {
    const ended = started.splice(0);
    await Promise.all(ended.map((simulator) => simulator.close()));
    expect(
      ended.flatMap(({ faults }) => faults.unused()),
      'faults that never struck',
    ).toEqual([]);
  });
  return async (options = {}) => {
    const simulator = await startSimulator({ now: NOW, ...options });
    started.push(simulator);
    return simulator;
  };
}

/** The day this many days before the simulated clock's start. */
export const daysBefore = (days: number): string =>
  new Date(Date.parse(NOW) - days * 86_400_000).toISOString().slice(0, 10);

/** A state as Airbyte passes it to a read. */
export const stateOf = (stream: string, stream_state: object): unknown[] => [
  { type: 'STREAM', stream: { stream_descriptor: { name: stream }, stream_state } },
];

/** A clock that runs on from `NOW` and can be set to a later time. */
export function movingClock(): { now: () => number; goTo(date: string): void } {
  let ahead = Date.parse(NOW) - Date.now();
  return {
    now: () => Date.now() + ahead,
    goTo: (date) => {
      ahead = Date.parse(date) - Date.now();
    },
  };
}
