import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startSimulator } from '../../simulator';
import { connectorConfig, instructions, parseCommandLine, USAGE } from '../../simulator/cli';

describe('the command line', () => {
  it('given every flag, then each is the option of its name, and the help says it', async () => {
    const flags = {
      '--contract': ['listed', 'contract', 'listed'],
      '--host': ['127.0.0.1', 'host', '127.0.0.1'],
      '--port': ['0', 'port', 0],
      '--api-key': ['k', 'apiKey', 'k'],
      '--job-duration-ms': ['5', 'jobDurationMs', 5],
      '--concurrent-limit': ['2', 'concurrentLimit', 2],
      '--monthly-quota': ['9', 'monthlyQuota', 9],
      '--used-quota': ['3', 'usedQuota', 3],
      '--fiscal-year-start-month': ['7', 'fiscalYearStartMonth', 7],
      '--week-starts-on': ['1', 'weekStartsOn', 1],
      '--now': ['2026-11-23T08:00:00Z', 'now', '2026-11-23T08:00:00Z'],
      '--clock-skew-ms': ['-500', 'clockSkewMs', -500],
      '--amounts': ['plain', 'amounts', 'plain'],
      '--settles-after-days': ['3', 'settlesAfterDays', 3],
      '--future-periods': ['1', 'futurePeriods', 1],
      '--forecast-get': ['html', 'forecastGet', 'html'],
      '--visibility-lag-ms': ['20', 'visibilityLagMs', 20],
      '--activity-dates': ['us_date', 'activityDates', 'us_date'],
      '--late-hours': ['12', 'lateHours', 12],
      '--moved-every': ['4', 'movedEvery', 4],
    } as const;
    const args = Object.entries(flags).map(([flag, [value]]) => `${flag}=${value}`);
    const { options } = parseCommandLine([...args, '--drift']);
    const expected = Object.values(flags).map(([, option, value]) => [option, value] as const);
    expect(options).toEqual({ ...Object.fromEntries(expected), drift: true });
    for (const flag of [...Object.keys(flags), '--drift', '--config', '--write-config', '--json']) {
      expect(USAGE).toContain(flag);
    }
    const simulator = await startSimulator(options);
    await simulator.close();
  });

  it.each([
    [['--forecast-get', 'maybe']],
    [['--amounts=pretty']],
    [['--late-hours', '-1']],
    [['--clock-skew-ms=1.5']],
    [['--late-hours', 'x']],
  ])('given %j, then it is refused', (args) => {
    expect(() => parseCommandLine(args)).toThrow();
  });

  it('given a config file with a contract that is none, then it is refused', () => {
    const folder = mkdtempSync(join(tmpdir(), 'simulator-'));
    const file = join(folder, 'config.json');
    writeFileSync(file, JSON.stringify({ contract: 'secret' }));
    try {
      expect(() => parseCommandLine(['--config', file])).toThrow('secret');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('says how to sync from it by hand, with a configuration that reaches it', async () => {
    const simulator = await startSimulator();
    const config = connectorConfig(simulator, simulator.forecastIds);
    expect(JSON.parse(config)).toEqual({
      api_key: simulator.apiKey,
      base_url: simulator.url,
      forecast_ids: ['net_new', 'renewals_emea'],
      poll_interval_seconds: 1,
    });
    expect(instructions(config, undefined)).toContain(config);
    const written = instructions(config, 'secrets/config.json');
    expect(written).toContain('read --config secrets/config.json');
    expect(written).not.toContain(simulator.apiKey);
    await simulator.close();
  });
});
