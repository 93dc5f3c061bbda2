import { createRequire } from 'node:module';
import { readCommand } from './exports.mjs';
import { lowCode, lowCodeRead } from './low-code.mjs';
import { median, run, withFolder } from './measure.mjs';

const require = createRequire(import.meta.url);
const { startSimulator } = require('../build/simulator/index.js');

const EXPORTS = 12;
const SLOTS = 4;
const JOB_SECONDS = 1.5;
/** How many rounds the exports take if every slot is used from the beginning. */
const rounds = (exports) => Math.ceil(exports / SLOTS);

/** Twelve quarters of one forecast, four at a time, with the connector's default settings. */
export async function overlap({ quick, say }) {
  const runs = quick ? 1 : 3;
  const rows = [];
  for (const [name, periods, ideal] of [
    ['`end_period` set', { end_period: '2027_Q4' }, rounds(EXPORTS) * JOB_SECONDS],
    ['current quarter learned beside the quarters that are certainly past', {}, rounds(EXPORTS) * JOB_SECONDS],
  ]) {
    const { seconds, failure, peakRunning, refillMs, early, requests } = await median(runs, () =>
      sync((folder, base_url) => [
        process.execPath,
        readCommand(folder, { base_url, forecast_ids: ['net_new'], start_period: '2025_Q1', ...periods }),
      ]),
    );
    rows.push({
      what: `${EXPORTS} exports of ${JOB_SECONDS} s, ${SLOTS} at a time, ${name}`,
      seconds,
      failure,
      beside: `ideal ${ideal.toFixed(1)} s, +${(seconds - ideal).toFixed(2)} s (${percent(seconds / ideal - 1)}); ${peakRunning} ran at a time; a free slot was taken after ${refillMs} ms; ${early} of ${EXPORTS} results were fetched before the last job ended; ${requests} requests`,
    });
  }
  const manifest = await lowCode(say);
  if (manifest === undefined) return rows;
  const [program, ...args] = manifest;
  const theirs = await median(runs, () =>
    sync((folder, base_url) => [
      program,
      [...args, ...lowCodeRead(folder, { base_url, forecast_ids: ['net_new'], time_periods: QUARTERS })],
    ]),
  );
  const ideal = rounds(EXPORTS) * JOB_SECONDS;
  rows.push({
    what: `${EXPORTS} exports of ${JOB_SECONDS} s, ${SLOTS} at a time, low-code manifest`,
    seconds: theirs.seconds,
    failure: theirs.failure,
    beside: `ideal ${ideal.toFixed(1)} s, +${(theirs.seconds - ideal).toFixed(2)} s; ${theirs.peakRunning} ran at a time; ${theirs.early} of ${EXPORTS} results were fetched before the last job ended; ${theirs.requests} requests`,
  });
  return rows;
}

const QUARTERS = [2025, 2026, 2027].flatMap((year) => [1, 2, 3, 4].map((quarter) => `${year}_Q${quarter}`));

/** One sync by the command `commandFor` returns for a folder and a simulator's address. */
async function sync(commandFor) {
  const simulator = await startSimulator({
    jobDurationMs: JOB_SECONDS * 1000,
    concurrentLimit: SLOTS,
    now: '2026-11-23T12:00:00Z',
  });
  try {
    return await withFolder(async (folder) => {
      const [program, args] = commandFor(folder, simulator.url);
      const started = performance.now();
      const { exitCode, stdout } = await run(program, args);
      const seconds = (performance.now() - started) / 1000;
      const failure = exitCode === 0 ? undefined : `exit code ${exitCode}: ${stdout.slice(-500)}`;
      return {
        seconds,
        failure,
        peakRunning: simulator.peakRunning,
        requests: simulator.requests.length,
        ...timesOf(simulator),
      };
    });
  } finally {
    await simulator.close();
  }
}

/** How long a slot was empty (median), and how many results were fetched while jobs were still running. */
function timesOf({ jobs, requests }) {
  const ends = jobs.map(({ endTime }) => endTime).sort((a, b) => a - b);
  // The very first may have run alone, for the current quarter; once all slots are taken, each job waits for another to
  // end.
  const refills = jobs.slice(SLOTS).map(({ submittedAt }) => submittedAt - ends.findLast((end) => end <= submittedAt));
  const downloads = requests.filter(({ path }) => path.endsWith('/results'));
  return {
    refillMs: refills.sort((a, b) => a - b)[refills.length >> 1],
    early: downloads.filter(({ at }) => at < ends.at(-1)).length,
  };
}

const percent = (share) => `${(share * 100).toFixed(0)} %`;
