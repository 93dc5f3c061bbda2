import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AirbyteLogLevel } from './airbyte/cdk';
import { ProtocolLogger } from './airbyte/logger';
import { plainWords } from './airbyte/notices';
import { MessageOutput, type OutputEvents } from './airbyte/output';
import { Redactor } from './airbyte/redact';
import { EXIT_CLOSED_STDOUT, ProtocolRunner } from './airbyte/runner';
import { Terminal } from './airbyte/terminal';
import { RESOURCES } from './resources';
import { ClariSource } from './source';
import { systemClock } from './timing';

/** Wires source, output and runner, and runs the command of `argv`. */
export async function runSource(argv: readonly string[]): Promise<void> {
  const redactor = new Redactor();
  const interruption = new AbortController();
  const terminal = Terminal.on(process.stderr, process.env);
  // A message that can't be shown is no reason to exit without cancelling the jobs: both outputs are often on the same
  // full disk.
  process.stderr.on('error', () => undefined);
  const output = new MessageOutput(process.stdout, redactor, systemClock, {
    ...(terminal && terminalEvents(terminal)),
    onClosed: (error) => {
      // A reader that leaves (EPIPE) has seen enough; anything else, above all a full disk, must be reported.
      if (error.code !== 'EPIPE') process.stderr.write(`error: stdout can't be written: ${error.message}\n`);
      interruption.abort(EXIT_CLOSED_STDOUT);
    },
  });
  const logger = new ProtocolLogger(output, logLevel() ?? AirbyteLogLevel.INFO);
  if (process.env['LOG_LEVEL'] && logLevel() === undefined)
    logger.warn(`LOG_LEVEL must be one of ${Object.keys(AirbyteLogLevel).join(', ')}; using INFO`);
  const { version } = JSON.parse(readFileSync(join(RESOURCES, '..', 'package.json'), 'utf8')) as { version: string };
  const source = new ClariSource(logger, { userAgent: `source-clari/${version}` });
  const parts = { logger, source, output, redactor, clock: systemClock, version, interruption, terminal };
  await new ProtocolRunner(parts).run(argv);
}

/**
 * What the user at a terminal sees in addition to stdout: plain words if stdout goes elsewhere; otherwise only the live
 * line, kept clear of stdout's lines.
 */
const terminalEvents = (terminal: Terminal): OutputEvents =>
  process.stdout.isTTY
    ? { beforeWrite: () => terminal.hide(), afterWrite: () => terminal.show() }
    : {
        onMessage: (message) => {
          const words = plainWords(message);
          if (words !== undefined) terminal.line(words);
        },
      };

const logLevel = (): AirbyteLogLevel | undefined =>
  (AirbyteLogLevel as Record<string, AirbyteLogLevel>)[(process.env['LOG_LEVEL'] ?? '').toUpperCase()];
