import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startSimulator } from '../../simulator';
import { parseCommandLine } from '../../simulator/cli';
import { streamArrays } from '../../simulator/json-stream';
import { Lab } from './client';

describe('large results', () => {
  it('hold as many entries as owners, fields and weeks make', async () => {
    await using lab = await Lab.start({
      forecasts: [{ forecastId: 'big', forecastName: 'Big', owners: 120, fields: 10, weeks: 20 }],
    });
    const results = await lab.export('big', { includeHistorical: true });
    expect(results.entries).toHaveLength(24_000);
    expect(results.users).toHaveLength(120);
    expect(results.timeFrames).toHaveLength(20);
    expect(lab.simulator.truth.entryCount('big', null, { includeHistorical: true })).toBe(24_000);
  });

  it('are made no faster than they are read', async () => {
    let made = 0;
    function* items() {
      for (; made < 1_000_000; made++) yield { made };
    }
    const iterator = streamArrays([['entries', items()]])[Symbol.asyncIterator]();
    await iterator.next();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(made).toBeGreaterThan(0);
    expect(made).toBeLessThan(100_000);
    await iterator.return?.();
  });
});

describe('starting', () => {
  it('refuses an option that does not exist, and a time that is none', async () => {
    await expect(startSimulator({ jobDuration: 1 } as object)).rejects.toThrow('jobDuration');
    await expect(startSimulator({ now: 'soon' })).rejects.toThrow('soon');
  });

  it('starts its clock where told, and lets it run', async () => {
    const simulator = await startSimulator({ now: '2025-02-01T00:00:00Z', jobDurationMs: 0 });
    expect(simulator.currentPeriod()).toBe('2026_Q1');
    await simulator.close();
  });

  it('decides by job how long it takes', async () => {
    await using lab = await Lab.start({ jobDurationMs: (job) => (job.index === 0 ? 1000 : 5000) });
    await lab.submit();
    await lab.submit();
    lab.time.advance(2000);
    expect(lab.simulator.jobs.map((job) => job.status)).toEqual(['DONE', 'STARTED']);
  });
});

describe('the command line', () => {
  it('turns flags into options, over those of the config file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'simulator-'));
    const file = join(folder, 'config.json');
    writeFileSync(file, JSON.stringify({ jobDurationMs: 5, monthlyQuota: 9, contract: 'listed' }));
    try {
      const { options, json } = parseCommandLine(['--config', file, '--monthly-quota', '12', '--json']);
      expect(options).toEqual({ jobDurationMs: 5, monthlyQuota: 12, contract: 'listed' });
      expect(json).toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.each([[['--contract', 'secret']], [['--port', 'x']], [['--colour']]])('refuses %j', (args) => {
    expect(() => parseCommandLine(args)).toThrow();
  });
});
