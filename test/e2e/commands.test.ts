import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Simulator, startSimulator } from '../../simulator';
import { catalogOf, configFor, type RunOptions, runConnector } from '../support/connector';
import { Messages } from '../support/messages';

const KEY = 'a-very-secret-key-8d1f';
const CATALOG = catalogOf({ forecast_entries: 'incremental' });

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ now: '2026-11-23T08:00:00Z', apiKey: KEY });
});
afterAll(() => simulator.close());

async function run(command: string, options: RunOptions = {}) {
  const result = await runConnector(command, options);
  expect(result.stdout + result.stderr, 'the key').not.toContain(KEY);
  expect(result.stdout, 'a stack').not.toMatch(/\\n\s+at /);
  return { ...result, messages: new Messages(result.lines) };
}

const check = async (config: Record<string, unknown>, env?: Record<string, string>) => {
  const { messages, exitCode } = await run('check', { config, ...(env && { env }) });
  expect(exitCode).toBe(0);
  return messages.connectionStatus;
};

describe('a check that is told to end', () => {
  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('given %s while Clari keeps silent, then it ends at once', async (signal, code) => {
    const silent = await startSimulator({ apiKey: KEY });
    silent.faults.add({ times: Number.POSITIVE_INFINITY, action: { type: 'hang' } });
    const { exitCode, messages } = await run('check', {
      config: configFor(silent),
      // Long enough for the answer not to come by itself.
      timing: { firstByteTimeoutMs: 50, maxTries: 2, retryBaseMs: 4_000, retryCeilingMs: 4_000 },
      onLine: (line, _, child) => {
        if (line.includes('Retrying')) child.kill(signal);
      },
    });
    await silent.close();
    expect(exitCode).toBe(code);
    expect(messages.connectionStatus).toBeUndefined();
  });
});

describe('spec and discover', () => {
  it('given spec, then it is the file, unchanged', async () => {
    const { messages, exitCode } = await run('spec');
    expect(exitCode).toBe(0);
    expect(messages.all).toEqual([
      { type: 'SPEC', spec: JSON.parse(readFileSync(join(__dirname, '..', '..', 'resources', 'spec.json'), 'utf8')) },
    ]);
  });

  it('given a configuration, when discovered, then every stream is there with its key and cursor', async () => {
    const { messages, exitCode } = await run('discover', { config: configFor(simulator) });
    expect(exitCode).toBe(0);
    const facts = messages.catalog?.streams.map((stream) => [
      stream.name,
      (stream['source_defined_primary_key'] as string[][] | undefined)?.flat(),
      stream['default_cursor_field'],
      stream['is_resumable'],
    ]);
    expect(facts).toEqual([
      ['forecasts', ['forecastId'], undefined, false],
      ['forecast_entries', ['forecastId', 'timePeriodId', 'timeFrameId', 'ownerId', 'fieldId'], ['timePeriod'], false],
      ['forecast_users', ['forecastId', 'timePeriod', 'userId'], ['timePeriod'], false],
      ['forecast_fields', ['forecastId', 'timePeriod', 'fieldId'], ['timePeriod'], false],
      ['forecast_time_frames', ['forecastId', 'timePeriod', 'timeFrameId'], ['timePeriod'], false],
      ['forecast_time_periods', ['forecastId', 'timePeriodId'], ['timePeriod'], false],
      ['activities', ['activityId'], ['exportedAt'], false],
      ['audit_events', ['eventId'], ['eventTimestamp'], false],
      ['opportunities', ['id'], undefined, false],
    ]);
  });
});

describe('check', () => {
  it('given a good key and forecasts, then it succeeds, and no export is spent', async () => {
    expect(await check(configFor(simulator))).toEqual({ status: 'SUCCEEDED' });
    expect(simulator.jobs).toEqual([]);
  });

  it('given a key from the environment, then it is used', async () => {
    const { api_key: _, ...without } = configFor(simulator);
    expect(await check(without, { CLARI_API_KEY: KEY })).toEqual({ status: 'SUCCEEDED' });
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what a configuration file holds
    expect(await check({ ...without, api_key: '${MY_KEY}' }, { MY_KEY: `${KEY}\n` })).toEqual({ status: 'SUCCEEDED' });
  });

  it.each([
    [
      'a wrong key',
      { api_key: 'wrong' },
      'Clari rejected the API key (HTTP 401). Create a new API token in Clari and update "api_key".',
    ],
    [
      'no forecast',
      { forecast_ids: [] },
      /does not list its forecasts, so "forecast_ids" needs at least one id; open the Forecast Tab/,
    ],
    [
      'an unknown forecast',
      { forecast_ids: ['net_new', 'nothing'] },
      /^Clari has no forecast "nothing"\. Correct "forecast_ids"/,
    ],
    [
      'a scope that is not there',
      { scope_id: 'nowhere' },
      /not opted in to forecast "net_new", or to the scope "nowhere"\. .* correct "scope_id"/,
    ],
    [
      'a host that refuses',
      { base_url: 'http://127.0.0.1:1/v4' },
      /^127\.0\.0\.1:1 could not be reached \(ECONNREFUSED\)/,
    ],
    ['a plain http host', { base_url: 'http://api.clari.com/v4' }, /base_url: must begin with https:\/\//],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what a configuration file holds
    ['an unset variable', { scope_id: '${NOT_SET}' }, /scope_id: the environment variable NOT_SET is not set/],
    [
      'everything wrong',
      {
        api_key: 7,
        forecast_ids: 'net_new',
        start_period: '2027_Q4',
        end_period: '2027_Q1',
        lookback_periods: 9,
        currency: 'dollars',
        schedule: 'SOMETIMES',
      },
      [
        'The configuration is not valid: api_key: must be a string',
        'forecast_ids: must be an array',
        'lookback_periods: must be at most 8',
        'currency: must look like three capital letters, such as USD',
        'schedule: must be one of NONE, ONCE, MAX',
        'end_period: must not be before start_period (2027_Q1 is before 2027_Q4).',
      ].join('; '),
    ],
  ])('given %s, then it fails with one sentence', async (_, changes, sentence) => {
    const status = await check(configFor(simulator, changes));
    expect(status?.status).toBe('FAILED');
    if (typeof sentence === 'string') expect(status?.message).toBe(sentence);
    else expect(status?.message).toMatch(sentence);
  });

  it('given forecasts that Clari takes too long to look up, then the check ends all the same, with a warning for each', async () => {
    const slow = await startSimulator({ apiKey: KEY });
    try {
      slow.faults.add({ path: /\/v4\/forecast\//, times: Number.POSITIVE_INFINITY, action: { type: 'hang' } });
      const forecast_ids = ['net_new', 'renewals_emea', 'a', 'b', 'c', 'd'];
      const { messages } = await run('check', {
        config: configFor(slow, { forecast_ids }),
        timing: { totalTimeoutMs: 1_500, firstByteTimeoutMs: 30_000 },
      });
      expect(messages.connectionStatus).toEqual({ status: 'SUCCEEDED' });
      expect(messages.logs('WARN').filter((message) => message.includes('Could not verify'))).toHaveLength(6);
    } finally {
      await slow.close();
    }
  });

  it('given a wrong id next to a forecast that takes too long, then the wrong id is what it says', async () => {
    const slow = await startSimulator({ apiKey: KEY });
    try {
      slow.faults.add({ path: '/v4/forecast/net_new', times: Number.POSITIVE_INFINITY, action: { type: 'hang' } });
      const { messages } = await run('check', {
        config: configFor(slow, { forecast_ids: ['typo', 'net_new'] }),
        timing: { totalTimeoutMs: 1_500, firstByteTimeoutMs: 30_000 },
      });
      expect(messages.connectionStatus?.message).toMatch(/^Clari has no forecast "typo"/);
    } finally {
      await slow.close();
    }
  });

  it('given a Clari that does not answer, then it fails in the time that a person waits', async () => {
    const silent = await startSimulator({ apiKey: KEY });
    try {
      silent.faults.add({ times: Number.POSITIVE_INFINITY, action: { type: 'hang' } });
      const { messages } = await run('check', {
        config: configFor(silent),
        timing: { totalTimeoutMs: 400, firstByteTimeoutMs: 30_000 },
      });
      expect(messages.connectionStatus?.status).toBe('FAILED');
      expect(messages.connectionStatus?.message).toMatch(/^127\.0\.0\.1:\d+ did not answer/);
    } finally {
      await silent.close();
    }
  });

  it('given a misspelt key, then it succeeds with a warning', async () => {
    const { messages } = await run('check', { config: configFor(simulator, { forcast_ids: ['x'] }) });
    expect(messages.connectionStatus?.status).toBe('SUCCEEDED');
    expect(messages.logs('WARN')).toEqual([
      'The configuration key "forcast_ids" is not known and has no effect (did you mean "forecast_ids"?).',
    ]);
  });

  it.each([
    ['missing', undefined, /required option '--config/],
    [
      'not JSON',
      '{"api_key": "a-very-secret-key-8d1f"',
      /^The configuration file .*config\.json is not JSON: it breaks off at line 1, column 37\.$/,
    ],
    ['empty', '', /is not JSON: it is empty\.$/],
    ['a list', '[]', /must be a JSON object/],
  ])('given a configuration that is %s, then that is said', async (_, text, sentence) => {
    const { messages, exitCode, stderr } = await run('check', text === undefined ? {} : { raw: { config: text } });
    if (text === undefined) {
      expect(exitCode).toBe(1);
      expect(stderr).toMatch(sentence);
    } else {
      expect(exitCode).toBe(0);
      expect(messages.connectionStatus).toEqual({ status: 'FAILED', message: expect.stringMatching(sentence) });
    }
  });
});

describe('check in the listed contract', () => {
  it('given a list, then its forecasts need no configuration, and an unknown one is named with those that exist', async () => {
    const listed = await startSimulator({ contract: 'listed' });
    try {
      expect(await check(configFor(listed, { forecast_ids: [] }))).toEqual({ status: 'SUCCEEDED' });
      expect((await check(configFor(listed, { forecast_ids: ['x'] })))?.message).toContain(
        'it lists: net_new (Net New), renewals_emea (Renewals EMEA)',
      );
      expect((await check(configFor(listed, { api_key: 'wrong' })))?.message).toContain('rejected the API key');
    } finally {
      await listed.close();
    }
  });
});

describe('catalog', () => {
  it('given streams, then a configured catalog of them is printed that read takes as it is', async () => {
    const config = configFor(simulator);
    const { stdout, exitCode } = await runConnector('catalog', {
      config,
      args: ['--streams', 'forecasts,forecast_entries'],
    });
    expect(exitCode).toBe(0);
    const catalog = JSON.parse(stdout);
    expect(
      catalog.streams.map(
        ({
          stream,
          sync_mode,
          destination_sync_mode,
        }: {
          stream: { name: string };
          sync_mode: string;
          destination_sync_mode: string;
        }) => [stream.name, sync_mode, destination_sync_mode],
      ),
    ).toEqual([
      ['forecasts', 'full_refresh', 'overwrite'],
      ['forecast_entries', 'incremental', 'append_dedup'],
    ]);
    expect((await run('read', { config, catalog })).exitCode).toBe(0);
  });

  it('given a full refresh, then every stream is; given an unknown stream, then that is said', async () => {
    const all = await runConnector('catalog', { config: configFor(simulator), args: ['--full-refresh'] });
    expect(JSON.parse(all.stdout).streams.map(({ sync_mode }: Record<string, never>) => sync_mode)).toEqual(
      Array(9).fill('full_refresh'),
    );
    const unknown = await run('catalog', { config: configFor(simulator), args: ['--streams', 'forecasts,nothing'] });
    expect(unknown.exitCode).toBe(1);
    expect(unknown.messages.errors[0]?.message).toContain('There is no stream "nothing"');
  });
});

describe('read, given what cannot be read', () => {
  it.each([
    [
      'a bad configuration',
      { config: { base_url: 'x', api_key: KEY } },
      /^The configuration is not valid: base_url: must be a URL/,
    ],
    [
      'a catalog that is no JSON',
      { raw: { catalog: 'x' } },
      /^The catalog file .*catalog\.txt is not JSON: the mistake is at line 1, column 1\.$/,
    ],
    [
      'a catalog without streams',
      { catalog: {} },
      /is not valid: streams: is missing\. Create one with `source-clari catalog`\.$/,
    ],
    ['what discover prints', { catalog: { type: 'CATALOG', catalog: { streams: [] } } }, /holds what discover prints/],
    [
      'a catalog full of nonsense',
      { catalog: { streams: [{ stream: {}, sync_mode: 'INVALID' }, 7] } },
      /streams\[0\]\.stream\.name: is missing; streams\[0\]\.sync_mode: must be one of full_refresh, incremental; streams\[1\]: must be an object/,
    ],
    [
      'a state that is no JSON',
      { raw: { state: '{' } },
      /^The state file .*state\.txt is not JSON: it breaks off at line 1, column 2\.$/,
    ],
    ['a state of another kind', { state: { forecast_entries: {} } }, /must be an array of STREAM states/],
    ['a global state', { state: [{ type: 'GLOBAL', global: {} }] }, /\[0\]: must be a STREAM state/],
  ])('given %s, then one clear error and exit code 1, before any request', async (_, options, sentence) => {
    const before = simulator.requests.length;
    const { messages, exitCode } = await run('read', { config: configFor(simulator), catalog: CATALOG, ...options });
    expect(exitCode).toBe(1);
    expect(messages.errors).toHaveLength(1);
    expect(messages.errors[0]).toMatchObject({
      failure_type: 'config_error',
      message: expect.stringMatching(sentence),
    });
    expect(simulator.requests.length).toBe(before);
  });

  it('given a stream state that makes no sense, then that stream fails and says why', async () => {
    const state = [
      {
        type: 'STREAM',
        stream: {
          stream_descriptor: { name: 'forecast_entries' },
          stream_state: { forecasts: { net_new: { timePeriod: 7 } } },
        },
      },
    ];
    const { messages, exitCode } = await run('read', { config: configFor(simulator), catalog: CATALOG, state });
    expect(exitCode).toBe(1);
    expect(messages.errors.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^The state of the stream forecast_entries can't be used: forecasts\.net_new: /),
    ]);
  });

  it.each([
    ['an empty array', '[]'],
    ['an empty object', '{}'],
    ['an empty file', ''],
    [
      'a null state',
      '[{"type":"STREAM","stream":{"stream_descriptor":{"name":"forecast_entries","namespace":null},"stream_state":null},"id":1}]',
    ],
    [
      'no cursor',
      '[{"type":"STREAM","stream":{"stream_descriptor":{"name":"forecast_entries"},"stream_state":{"__ab_no_cursor_state_message":true}}}]',
    ],
  ])('given a state that is %s, then it is read as none', async (_, text) => {
    const { exitCode, messages } = await run('read', {
      config: configFor(simulator, { lookback_periods: 1 }),
      catalog: CATALOG,
      raw: { state: text },
    });
    expect(exitCode).toBe(0);
    expect(messages.states('forecast_entries').at(-1)).toMatchObject({
      forecasts: { net_new: { timePeriod: '2027_Q3' } },
    });
  });

  it('given a stream that does not exist, then it is an error, and the others are read', async () => {
    const catalog = catalogOf({ forecasts: 'full_refresh', __AIRBYTE__stream_that_does_not_exist: 'full_refresh' });
    const { messages, exitCode } = await run('read', { config: configFor(simulator), catalog });
    expect(exitCode).toBe(1);
    expect(messages.errors[0]).toMatchObject({
      failure_type: 'config_error',
      message: expect.stringContaining("which this connector doesn't have"),
    });
    expect(messages.statuses('forecasts')).toEqual(['STARTED', 'RUNNING', 'COMPLETE']);
  });

  it('given a wrong key, then every stream ends, and the first error is the cause', async () => {
    const { messages, exitCode } = await run('read', {
      config: configFor(simulator, { api_key: 'wrong' }),
      catalog: catalogOf({ forecast_entries: 'incremental', audit_events: 'incremental' }),
    });
    expect(exitCode).toBe(1);
    expect(messages.errors[0]).toMatchObject({
      failure_type: 'config_error',
      message: expect.stringContaining('rejected the API key'),
    });
    for (const stream of ['forecast_entries', 'audit_events'])
      expect(messages.statuses(stream).at(-1)).toBe('INCOMPLETE');
  });

  it.each([
    ['forecast_users', { cursor: '2026-01-01' }, 'forecast_entries'],
    ['activities', { cursor: '2026-01-01' }, 'opportunities'],
    ['activities', { date: 'yesterday' }, 'opportunities'],
  ])(
    'given %s with the state %j, then %s, which shares its exports, does not wait for it',
    async (failing, state, other) => {
      const { messages, exitCode } = await run('read', {
        config: configFor(simulator),
        catalog: catalogOf({ [failing]: 'incremental', [other]: 'full_refresh' }),
        state: [{ type: 'STREAM', stream: { stream_descriptor: { name: failing }, stream_state: state } }],
      });
      expect(exitCode).toBe(1);
      expect([messages.statuses(failing).at(-1), messages.statuses(other).at(-1)]).toEqual(['INCOMPLETE', 'COMPLETE']);
    },
  );

  it("given another connector's state for a stream, then that stream fails and says so; those of unknown streams are ignored", async () => {
    const stateOf = (name: string) => ({
      type: 'STREAM',
      stream: { stream_descriptor: { name }, stream_state: { cursor: '2026-01-01' } },
    });
    const { messages, exitCode } = await run('read', {
      config: configFor(simulator),
      catalog: CATALOG,
      state: [stateOf('forecast_entries'), stateOf('users')],
    });
    expect(exitCode).toBe(1);
    expect(messages.errors).toEqual([
      expect.objectContaining({
        failure_type: 'config_error',
        message: expect.stringMatching(/^The state of the stream forecast_entries was not written by this connector/),
      }),
    ]);
    expect(messages.logs('INFO')).toContain("The state names streams that this connector doesn't have: users; ignored");
  });

  it.each([
    ['start_period', '1926_Q1', /start_period: must be no more than 15 years in the past/],
    ['end_period', '9999_Q4', /end_period: must be no more than 2 years ahead/],
    ['start_date', '2099-01-01', /start_date: must not be in the future/],
  ])('given a %s of %s, then that is said before anything is paid', async (key, value, sentence) => {
    const before = simulator.requests.length;
    const config = configFor(simulator, { [key]: value });
    expect((await check(config))?.message).toMatch(sentence);
    const { messages, exitCode } = await run('read', { config, catalog: CATALOG });
    expect([exitCode, messages.errors[0]?.message]).toEqual([1, expect.stringMatching(sentence)]);
    expect(simulator.requests.length).toBe(before);
  });
});

describe('a clone that is not built yet', () => {
  it.each(['bin/source-clari', 'scripts/simulator.cjs'])('given %s, then it says what to run', (path) => {
    const folder = mkdtempSync(join(tmpdir(), 'clone-test-'));
    try {
      const copy = join(folder, path);
      mkdirSync(dirname(copy));
      copyFileSync(join(__dirname, '..', '..', path), copy);
      const { status, stdout, stderr } = spawnSync(process.execPath, [copy, 'spec'], { encoding: 'utf8' });
      expect([status, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/^error: .* is not built yet\. Run "npm ci" .*\n$/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('the command line', () => {
  it.each([
    [['sync'], /unknown command 'sync'/],
    [['chekc'], /unknown command 'chekc'\n\(Did you mean check\?\)/],
    [['check', '--configg', 'x.json'], /unknown option '--configg'\n\(Did you mean --config\?\)/],
    [
      ['check', '--config', 'x.json', 'more'],
      /too many arguments for 'check'.*\n[\s\S]*For instance: source-clari check --config/,
    ],
    [['spec', 'more'], /too many arguments for 'spec'/],
    [
      ['catalog', '--config', 'x.json', '--streams', 'a', 'b'],
      /too many arguments[\s\S]*--streams forecasts,forecast_entries/,
    ],
    [['read'], /required option '--config <file>' and '--catalog <file>' not specified/],
  ])(
    'given %j, then stderr says what is wrong with it, and nothing is done',
    async ([command = '', ...args], sentence) => {
      const { stdout, stderr, exitCode } = await run(command, { args });
      expect([stdout, exitCode]).toEqual(['', 1]);
      expect(stderr).toMatch(sentence);
    },
  );

  it.each(['spec', 'check', 'discover', 'read', 'catalog'])(
    'given %s --help, then an example is shown',
    async (command) => {
      const { stdout, exitCode } = await runConnector(command, { args: ['--help'] });
      expect(exitCode).toBe(0);
      expect(stdout).toContain(`Example:\n  $ source-clari ${command}`);
    },
  );

  it('given the log level DEBUG, then each answer of Clari has a line, without what it says', async () => {
    const { messages } = await run('check', { config: configFor(simulator), env: { LOG_LEVEL: 'DEBUG' } });
    expect(messages.logs('DEBUG')).toEqual([
      expect.stringMatching(/^GET \/export\/forecast\/list: HTTP 404 after \d+ ms, \d+ bytes$/),
      expect.stringMatching(/^GET \/admin\/limits: HTTP 200 after \d+ ms, \d+ bytes$/),
      expect.stringMatching(/^GET \/forecast\/net_new: HTTP 200 after \d+ ms$/),
    ]);
  });

  it('given a log level that does not exist, then a warning says which do', async () => {
    const { messages } = await run('check', { config: configFor(simulator), env: { LOG_LEVEL: 'verbose' } });
    expect(messages.logs('WARN')).toEqual([expect.stringMatching(/^LOG_LEVEL must be one of .*INFO.*; using INFO$/)]);
  });
});
