import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AirbyteLogLevel } from 'faros-airbyte-cdk';
import { ProtocolLogger } from './airbyte/logger';
import { MessageOutput } from './airbyte/output';
import { Redactor } from './airbyte/redact';
import { EXIT_CLOSED_STDOUT, ProtocolRunner } from './airbyte/runner';
import { RESOURCES } from './resources';
import { ClariSource } from './source';
import { systemClock } from './timing';

/** Wires source, output and runner, and runs the command of `argv`. */
export async function runSource(argv: readonly string[]): Promise<void> {
  const redactor = new Redactor();
  const interruption = new AbortController();
  const output = new MessageOutput(process.stdout, redactor, systemClock, () => interruption.abort(EXIT_CLOSED_STDOUT));
  const logger = new ProtocolLogger(output, logLevel(process.env['LOG_LEVEL']));
  const { version } = JSON.parse(readFileSync(join(RESOURCES, '..', 'package.json'), 'utf8')) as { version: string };
  const source = new ClariSource(logger, { userAgent: `source-clari/${version}` });
  await new ProtocolRunner({ logger, source, output, redactor, clock: systemClock, version, interruption }).run(argv);
}

const logLevel = (wanted = ''): AirbyteLogLevel =>
  (AirbyteLogLevel as Record<string, AirbyteLogLevel>)[wanted.toUpperCase()] ?? AirbyteLogLevel.INFO;
