import Ajv from 'ajv';
import { describe, expect, it } from 'vitest';
import { ConfigProblems, parseConfig } from '../src/config';
import { loadSpec } from '../src/resources';
import { FastClock } from './support/clock';

const TODAY = new FastClock(Date.parse('2026-11-23T10:00:00Z'));

const problemsOf = (raw: unknown, env: Record<string, string> = {}): readonly string[] => {
  try {
    parseConfig(raw, env, TODAY);
  } catch (error) {
    if (error instanceof ConfigProblems) return error.problems;
    throw error;
  }
  return [];
};

describe('a configuration', () => {
  it('given the spec, then it is a JSON Schema, which is not checked again at every start', () => {
    expect(new Ajv({ strict: false }).validateSchema(loadSpec().connectionSpecification)).toBe(true);
  });

  it('given the key alone, then everything else has its default', () => {
    const { config, warnings } = parseConfig({ api_key: 'k' }, {});
    expect(warnings).toEqual([]);
    expect(Object.isFrozen(config)).toBe(true);
    expect(config).toEqual({
      apiKey: 'k',
      forecastIds: [],
      startPeriod: undefined,
      endPeriod: undefined,
      settlingDays: 14,
      lookbackPeriods: 0,
      lookaheadPeriods: 0,
      readMethod: 'export',
      lookbackDays: 3,
      typesToExport: ['forecast', 'quota', 'forecast_updated', 'adjustment', 'crm_total', 'crm_closed'],
      currency: 'USD',
      includeHistorical: false,
      scopeId: undefined,
      schedule: 'NONE',
      startDate: undefined,
      activityTypes: ['MEETING', 'EMAIL_SENT', 'EMAIL_RECEIVED', 'ATTACHMENT_SENT', 'ATTACHMENT_RECEIVED'],
      opportunityIds: [],
      maxConcurrentExports: undefined,
      pollIntervalMs: 5_000,
      maxPollAttempts: 720,
      baseUrl: 'https://api.clari.com/v4',
    });
  });

  it('given every default of the spec, then it is one that the spec itself accepts', () => {
    const { properties } = loadSpec().connectionSpecification;
    const defaults = Object.fromEntries(
      Object.entries(properties).flatMap(([name, schema]) => {
        const { default: value } = schema as { default?: unknown };
        return value === undefined ? [] : [[name, value]];
      }),
    );
    expect(problemsOf({ api_key: 'k', ...defaults })).toEqual([]);
  });

  it('given the form, then every field is in a group that has a title, and what a first sync needs is not hidden as optional', () => {
    const { properties, groups } = loadSpec().connectionSpecification as unknown as {
      properties: Record<string, { group: string; always_show?: boolean; description: string }>;
      groups: { id: string; title: string }[];
    };
    expect(groups.map(({ id }) => id)).toEqual(['connection', 'forecasts', 'export_options', 'activities']);
    for (const { title } of groups) expect(title).toMatch(/^[A-Z]/);
    for (const [name, { group, description }] of Object.entries(properties)) {
      expect(
        groups.map(({ id }) => id),
        name,
      ).toContain(group);
      expect(description, name).toMatch(/^[A-Z].*\.$/s);
    }
    const shown = Object.keys(properties).filter((name) => properties[name]?.always_show);
    expect(shown).toEqual(['forecast_ids', 'start_period', 'include_historical']);
  });

  it('given texts and nulls that a cleared form sends, then they count as not set; an empty currency means the own one', () => {
    const empty = { start_period: '', end_period: null, scope_id: '', start_date: '', base_url: '', currency: '' };
    const { config } = parseConfig({ api_key: ' k\n', ...empty }, {});
    expect(config).toMatchObject({ apiKey: 'k', startPeriod: undefined, endPeriod: undefined, scopeId: undefined });
    expect(config).toMatchObject({ startDate: undefined, baseUrl: 'https://api.clari.com/v4', currency: '' });
  });

  it('given values from the environment, then they are used at any depth, and one that is not set is named', () => {
    // biome-ignore-start lint/suspicious/noTemplateCurlyInString: it is what a configuration file holds
    const raw = { api_key: '${KEY}', forecast_ids: ['${TAB}', 'x${TAB}'], scope_id: '${NOT_SET}' };
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: it is what a configuration file holds
    expect(problemsOf(raw, { KEY: 'k', TAB: 'net_new' })).toEqual([
      'scope_id: the environment variable NOT_SET is not set',
    ]);
    const { config } = parseConfig({ ...raw, scope_id: null }, { KEY: 'k', TAB: 'net_new' });
    // biome-ignore lint/suspicious/noTemplateCurlyInString: only a value that is exactly a name is taken from there
    expect(config.forecastIds).toEqual(['net_new', 'x${TAB}']);
  });

  it('given no key, then CLARI_API_KEY is used; given neither, then that is the problem', () => {
    expect(parseConfig({}, { CLARI_API_KEY: 'k' }).config.apiKey).toBe('k');
    expect(problemsOf({})).toEqual(['api_key: is missing']);
    expect(problemsOf({ api_key: '' }, { CLARI_API_KEY: 'k' })).toEqual(['api_key: must not be empty']);
  });

  it('given a key that no header can carry, then that is said without showing it', () => {
    const problems = problemsOf({ api_key: 'gehëim schlüssel' });
    expect(problems).toEqual([expect.stringMatching(/^api_key: must consist of visible ASCII/)]);
    expect(problems.join()).not.toContain('gehëim');
  });

  it.each([
    ['https://api.clari.com/v4', undefined],
    ['http://localhost:8080/v4', undefined],
    ['http://127.0.0.9/v4', undefined],
    ['http://[::1]:8080/v4', undefined],
    ['http://api.clari.com/v4', 'must begin with https://'],
    ['http://localhost.evil.example/v4', 'must begin with https://'],
    ['ftp://api.clari.com', 'must begin with https://'],
    ['api.clari.com/v4', 'must be a URL'],
    ['https://user:pw@api.clari.com/v4', 'must not hold a user name or password'],
    ['https://api.clari.com/v4?x=1', 'must not hold a query or a fragment'],
  ])('given the base URL %s, then its problem is: %s', (base_url, problem) => {
    const problems = problemsOf({ api_key: 'k', base_url });
    if (problem === undefined) expect(problems).toEqual([]);
    else expect(problems).toEqual([expect.stringContaining(`base_url: ${problem}`)]);
  });

  it('given many problems, then all are named, once each', () => {
    const problems = problemsOf({
      api_key: 7,
      forecast_ids: ['a', 'a', 3],
      start_period: '2026-Q1',
      lookback_periods: 1.5,
      types_to_export: ['forecast', 'everything'],
      include_historical: 'yes',
      poll_interval_seconds: 0,
      start_date: '2026-02-30',
    });
    // In the order of the form.
    expect(problems.map((problem) => problem.split(':')[0])).toEqual([
      'api_key',
      'forecast_ids[2]',
      'forecast_ids',
      'start_period',
      'include_historical',
      'lookback_periods',
      'types_to_export[1]',
      'poll_interval_seconds',
      'start_date',
    ]);
  });

  it('given periods that are none, then they are not compared', () => {
    expect(problemsOf({ api_key: 'k', start_period: 'FY26Q1', end_period: '2026_Q5' })).toEqual([
      'start_period: must look like YYYY_Qn',
      'end_period: must look like YYYY_Qn',
    ]);
  });

  it.each([['a text'], [null], [[]]])('given %j in place of an object, then that is the problem', (raw) => {
    expect(problemsOf(raw)).toEqual(['the configuration must be a JSON object']);
  });

  it('given unknown keys, then each is a warning, with the key that was meant, but for those that begin with an underscore', () => {
    const { warnings } = parseConfig(
      { api_key: 'k', forcast_ids: [], startPeriod: 'x', nonsense: 1, _comment: 'x' },
      {},
    );
    expect(warnings).toEqual([
      'The configuration key "forcast_ids" is not known and has no effect (did you mean "forecast_ids"?).',
      'The configuration key "startPeriod" is not known and has no effect (did you mean "start_period"?).',
      'The configuration key "nonsense" is not known and has no effect (is it misspelled?).',
    ]);
  });

  it('given thousands of unknown keys of any length, then the warnings stay few and short', () => {
    const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`key${i}${'x'.repeat(1_000)}`, 1]));
    const { warnings } = parseConfig({ api_key: 'k', ...many }, {});
    expect(warnings.join().length).toBeLessThan(5_000);
  });

  it.each(['apikey', 'apiKey', 'API-KEY', 'token', 'ap_key'])(
    'given %s in place of api_key, then that is named beside it',
    (name) => {
      const problems = problemsOf({ [name]: 'very-secret' });
      expect(problems).toEqual([
        'api_key: is missing',
        `${name}: is not known and has no effect (did you mean "api_key"?)`,
      ]);
    },
  );

  it.each([
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what a configuration file holds
    ['$CLARI_API_KEY', 'write it with braces, as ${CLARI_API_KEY}'],
    ['Bearer very-secret', 'must be the token alone'],
    ['token very-secret', 'must be the token alone'],
  ])('given the key %s, then what to write is said, once and without the token', (api_key, advice) => {
    const problems = problemsOf({ api_key });
    expect(problems).toEqual([expect.stringContaining(`api_key: `)]);
    expect(problems[0]).toContain(advice);
    expect(problems[0]).not.toContain('very-secret');
  });

  it('given the URL of a Forecast Tab as its id, then that is the problem', () => {
    expect(
      problemsOf({ api_key: 'k', forecast_ids: ['net_new', 'https://app.clari.com/forecasting/net_new'] }),
    ).toEqual(['forecast_ids[1]: is a URL; give only the part of it that names the forecast']);
  });

  it.each([
    ['start_period', '2011_Q1', undefined],
    ['start_period', '2010_Q4', 'must be no more than 15 years in the past'],
    ['start_period', '1926_Q1', 'must be no more than 15 years in the past'],
    ['start_period', '2028_Q4', undefined],
    ['start_period', '2029_Q1', 'must be no more than 2 years ahead'],
    ['end_period', '0000_Q1', 'must be no more than 15 years in the past'],
    ['end_period', '9999_Q4', 'must be no more than 2 years ahead'],
    ['end_period', '2028_Q4', undefined],
    ['start_date', '2026-11-23', undefined],
    ['start_date', '2026-11-24', 'must not be in the future'],
    ['start_date', '2011-11-23', undefined],
    ['start_date', '2011-11-22', 'must be no more than 15 years in the past'],
    ['start_date', '0000-01-01', 'must be no more than 15 years in the past'],
    ['start_date', '2026-02-30', 'must be a day that exists, as YYYY-MM-DD'],
    ['start_date', '01/11/2026', 'must look like YYYY-MM-DD'],
  ])('given %s %s, then its problem is: %s', (key, value, problem) => {
    const problems = problemsOf({ api_key: 'k', [key]: value });
    if (problem === undefined) expect(problems).toEqual([]);
    else expect(problems).toEqual([expect.stringContaining(`${key}: ${problem}`)]);
  });
});
