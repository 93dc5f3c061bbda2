import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { SimulatorOptions } from './options';

export const USAGE = `Usage: npm run simulator -- [flags]

A simulated Clari to develop against.

  --contract published|listed      which dialect of the API to speak (published)
  --host HOST                      address to listen on (127.0.0.1)
  --port PORT                      port to listen on (any free one)
  --api-key KEY                    the key it accepts (simulator-key-not-a-secret)
  --job-duration-ms MS             how long an export takes (30)
  --concurrent-limit N             exports at a time (3)
  --monthly-quota N                exports in 30 days (1000)
  --fiscal-year-start-month 1..12  (2)
  --now DATE-TIME                  where its clock starts (the real time)
  --config FILE                    JSON with any of the simulator's options; flags win
  --json                           print {"url", "apiKey"} as one JSON line too
  --help
`;

export interface Invocation {
  readonly help: boolean;
  readonly json: boolean;
  readonly options: SimulatorOptions;
}

/** Reads the command line and the config file it names. @throws Error that says which flag is wrong. */
export function parseCommandLine(args: readonly string[]): Invocation {
  const { values } = parseArgs({
    args: [...args],
    options: {
      contract: { type: 'string' },
      host: { type: 'string' },
      port: { type: 'string' },
      'api-key': { type: 'string' },
      'job-duration-ms': { type: 'string' },
      'concurrent-limit': { type: 'string' },
      'monthly-quota': { type: 'string' },
      'fiscal-year-start-month': { type: 'string' },
      now: { type: 'string' },
      config: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  const options: SimulatorOptions = values.config === undefined ? {} : readConfig(values.config);
  const contract = values.contract ?? options.contract ?? 'published';
  if (contract !== 'published' && contract !== 'listed') {
    throw new Error(`--contract is published or listed, not ${contract}`);
  }
  options.contract = contract;
  if (values.host !== undefined) options.host = values.host;
  if (values['api-key'] !== undefined) options.apiKey = values['api-key'];
  if (values.now !== undefined) options.now = values.now;
  const numbers = {
    port: 'port',
    'job-duration-ms': 'jobDurationMs',
    'concurrent-limit': 'concurrentLimit',
    'monthly-quota': 'monthlyQuota',
    'fiscal-year-start-month': 'fiscalYearStartMonth',
  } as const;
  for (const flag of Object.keys(numbers) as (keyof typeof numbers)[]) {
    const text = values[flag];
    if (text === undefined) continue;
    if (!/^\d+$/.test(text)) throw new Error(`--${flag} is a whole number, not ${text}`);
    options[numbers[flag]] = Number(text);
  }
  return { help: values.help === true, json: values.json === true, options };
}

function readConfig(file: string): SimulatorOptions {
  const config: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw new Error(`${file} does not hold a JSON object`);
  }
  return config;
}
