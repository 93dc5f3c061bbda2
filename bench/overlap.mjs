import { createRequire } from 'node:module';
import { readCommand } from './exports.mjs';
import { median, run, withFolder } from './measure.mjs';

const require = createRequire(import.meta.url);
const { startSimulator } = require('../build/simulator/index.js');

const EXPORTS = 12;
const SLOTS = 4;
const JOB_SECONDS = 1.5;
/** How many one after the other, where that many can run side by side from the beginning. */
const rounds = (exports) => Math.ceil(exports / SLOTS);

/** Twelve quarters of one forecast, four at a time, in the connector's default settings. */
export async function overlap({ quick }) {
  const runs = quick ? 1 : 3;
  const rows = [];
  for (const [name, periods, ideal] of [
    ['`end_period` set', { end_period: '2027_Q4' }, rounds(EXPORTS) * JOB_SECONDS],
    ['current quarter to be learned first', {}, (1 + rounds(EXPORTS - 1)) * JOB_SECONDS],
  ]) {
    const { seconds, failure, peakRunning, refillMs, early } = await median(runs, () =>
      sync({ start_period: '2025_Q1', ...periods }),
    );
    rows.push({
      what: `${EXPORTS} exports of ${JOB_SECONDS} s, ${SLOTS} at a time, ${name}`,
      seconds,
      failure,
      beside: `ideal ${ideal.toFixed(1)} s, +${(seconds - ideal).toFixed(2)} s (${percent(seconds / ideal - 1)}); ${peakRunning} ran at a time; a free slot was taken after ${refillMs} ms; ${early} of ${EXPORTS} results were fetched before the last job ended`,
    });
  }
  return rows;
}

async function sync(periods) {
  const simulator = await startSimulator({
    jobDurationMs: JOB_SECONDS * 1000,
    concurrentLimit: SLOTS,
    now: '2026-11-23T12:00:00Z',
  });
  try {
    return await withFolder(async (folder) => {
      const config = { base_url: simulator.url, forecast_ids: ['net_new'], ...periods };
      const started = performance.now();
      const { exitCode, stdout } = await run(process.execPath, readCommand(folder, config));
      const seconds = (performance.now() - started) / 1000;
      const failure = exitCode === 0 ? undefined : `exit code ${exitCode}: ${stdout.slice(-500)}`;
      return { seconds, failure, peakRunning: simulator.peakRunning, ...timesOf(simulator) };
    });
  } finally {
    await simulator.close();
  }
}

/** How long a slot stood empty (median), and how many results were fetched while jobs were still running. */
function timesOf({ jobs, requests }) {
  const ends = jobs.map(({ endTime }) => endTime).sort((a, b) => a - b);
  // The first of all may have been alone, for the current quarter; with a full house, each job waits for the slot of one that ended.
  const refills = jobs.slice(SLOTS).map(({ submittedAt }) => submittedAt - ends.findLast((end) => end <= submittedAt));
  const downloads = requests.filter(({ path }) => path.endsWith('/results'));
  return {
    refillMs: refills.sort((a, b) => a - b)[refills.length >> 1],
    early: downloads.filter(({ at }) => at < ends.at(-1)).length,
  };
}

const percent = (share) => `${(share * 100).toFixed(0)} %`;
