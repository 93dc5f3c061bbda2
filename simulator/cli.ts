import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { SimulatorOptions } from './options';

export const USAGE = `Usage: npm run simulator -- [flags]

A simulated Clari to develop against. It prints a source-clari configuration that points at it.

  --contract published|listed      which dialect of the API to speak (published)
  --host HOST                      address to listen on (127.0.0.1)
  --port PORT                      port to listen on (any free one)
  --api-key KEY                    the key it accepts (simulator-key-not-a-secret)
  --job-duration-ms MS             how long an export takes (30)
  --concurrent-limit N             exports at once (3)
  --monthly-quota N                exports in 30 days (1000)
  --used-quota N                   how many of those other people have already used (0)
  --fiscal-year-start-month 1..12  (2)
  --week-starts-on 0..6            0 is Sunday (3)
  --now DATE-TIME                  where its clock starts (the real time)
  --clock-skew-ms MS               how far its Date header and job times are ahead of that; behind: --clock-skew-ms=-500 (0)
  --amounts plausible|plain        managers call about the sum of their reports, or owners are independent (plausible)
  --drift                          amounts change from day to day until their quarter has settled
  --settles-after-days N           days from a quarter's last day until then (5)
  --future-periods N               quarters ahead that can be exported, with only the managers' calls (0)
  --forecast-get yes|no_route|forbidden|html
                                   whether GET /forecast/{id} works, or how it is refused (yes)
  --visibility-lag-ms MS           how long a new job is unknown (0)
  --activity-dates epoch_ms|epoch_seconds|us_date|iso_offset
                                   how activities write their date (epoch_ms)
  --late-hours N                   how many hours late one in seven activities and audit events becomes visible (0)
  --moved-every N                  one in N activities is moved to an earlier date a day later (0: none)
  --config FILE                    JSON with any of the simulator's options; flags win
  --write-config FILE              write the source-clari configuration to FILE
  --json                           print {"url", "apiKey"} as one JSON line too
  --help
`;

export interface Invocation {
  readonly help: boolean;
  readonly json: boolean;
  /** Where to write the connector's configuration. */
  readonly writeConfig: string | undefined;
  readonly options: SimulatorOptions;
}

const TEXTS = { host: 'host', 'api-key': 'apiKey', now: 'now' } as const;

const WORDS = {
  contract: { option: 'contract', words: ['published', 'listed'] },
  amounts: { option: 'amounts', words: ['plausible', 'plain'] },
  'forecast-get': { option: 'forecastGet', words: ['yes', 'no_route', 'forbidden', 'html'] },
  'activity-dates': { option: 'activityDates', words: ['epoch_ms', 'epoch_seconds', 'us_date', 'iso_offset'] },
} as const;

const NUMBERS = {
  port: 'port',
  'job-duration-ms': 'jobDurationMs',
  'concurrent-limit': 'concurrentLimit',
  'monthly-quota': 'monthlyQuota',
  'used-quota': 'usedQuota',
  'fiscal-year-start-month': 'fiscalYearStartMonth',
  'week-starts-on': 'weekStartsOn',
  'settles-after-days': 'settlesAfterDays',
  'future-periods': 'futurePeriods',
  'visibility-lag-ms': 'visibilityLagMs',
  'late-hours': 'lateHours',
  'moved-every': 'movedEvery',
} as const;

/** Reads the command line and the config file it names. @throws Error saying which flag is wrong. */
export function parseCommandLine(args: readonly string[]): Invocation {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...flags(TEXTS, text),
      ...flags(WORDS, text),
      ...flags(NUMBERS, text),
      'clock-skew-ms': text,
      config: text,
      'write-config': text,
      drift: flag,
      json: flag,
      help: flag,
    },
  });
  const given = values as Readonly<Record<string, string | boolean | undefined>>;
  const one = (name: string): string | undefined => (typeof given[name] === 'string' ? given[name] : undefined);
  const set: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(TEXTS)) {
    if (one(name) !== undefined) set[option] = one(name);
  }
  for (const [name, { option, words }] of Object.entries(WORDS)) {
    const word = one(name);
    if (word === undefined) continue;
    if (!(words as readonly string[]).includes(word)) throw new Error(`--${name} is ${words.join('|')}, not ${word}`);
    set[option] = word === 'yes' ? true : word;
  }
  for (const [name, option] of Object.entries(NUMBERS)) {
    const number = one(name);
    if (number === undefined) continue;
    if (!/^\d+$/.test(number)) throw new Error(`--${name} is a whole number, not ${number}`);
    set[option] = Number(number);
  }
  const skew = one('clock-skew-ms');
  if (skew !== undefined) {
    if (!/^-?\d+$/.test(skew)) throw new Error(`--clock-skew-ms is a whole number, not ${skew}`);
    set['clockSkewMs'] = Number(skew);
  }
  if (given['drift'] === true) set['drift'] = true;

  const config = one('config');
  const options: SimulatorOptions = { ...(config === undefined ? {} : readConfig(config)), ...set };
  options.contract ??= 'published';
  if (options.contract !== 'published' && options.contract !== 'listed') {
    throw new Error(`--contract is published|listed, not ${String(options.contract)}`);
  }
  return {
    help: given['help'] === true,
    json: given['json'] === true,
    writeConfig: one('write-config'),
    options,
  };
}

/** A source-clari configuration that points at a simulator, as JSON text. */
export function connectorConfig(
  { url, apiKey }: { readonly url: string; readonly apiKey: string },
  forecastIds: readonly string[],
): string {
  const config = { api_key: apiKey, base_url: url, forecast_ids: forecastIds, poll_interval_seconds: 1 };
  return `${JSON.stringify(config, null, 2)}\n`;
}

/** How to sync from it by hand. */
export function instructions(config: string, writtenTo: string | undefined): string {
  const file = writtenTo ?? 'config.json';
  const where = writtenTo === undefined ? `Save this as ${file}:\n\n${config}` : `Its configuration is in ${file}.`;
  return `
To sync from it by hand, in another terminal. ${where}
  bin/source-clari check --config ${file}
  bin/source-clari catalog --config ${file} > catalog.json
  bin/source-clari read --config ${file} --catalog catalog.json
`;
}

function flags<Name extends string, Kind>(table: Readonly<Record<Name, unknown>>, kind: Kind): Record<Name, Kind> {
  return Object.fromEntries(Object.keys(table).map((name) => [name, kind])) as Record<Name, Kind>;
}

function readConfig(file: string): SimulatorOptions {
  const config: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw new Error(`${file} does not hold a JSON object`);
  }
  return config;
}
