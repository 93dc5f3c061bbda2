import { constants, readFileSync, readlinkSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import type { AirbyteConfig, AirbyteConfiguredCatalog, AirbyteStream } from 'faros-airbyte-cdk';
import type { Clock } from '../timing';
import { AirbyteSourceRunner, SyncMode } from './cdk';
import { readCatalog, readJson, readStates } from './inputs';
import type { ProtocolLogger } from './logger';
import { errorMessage } from './messages';
import type { MessageOutput } from './output';
import { createProgress } from './progress';
import type { Redactor } from './redact';
import type { ProtocolSource, SourceCommand } from './source';
import { SyncError } from './stream';
import type { Terminal } from './terminal';

/** Exit codes of a process ended by a signal, as in shells. */
const EXIT_CODES = { SIGTERM: 143, SIGINT: 130 } as const;
/** Exit code of a process that can't write to stdout. */
export const EXIT_CLOSED_STDOUT = 1;
/** Platforms kill a process 10 s after SIGTERM. */
const LAST_EXIT_MS = 9_000;

export interface RunnerParts {
  readonly logger: ProtocolLogger;
  readonly source: ProtocolSource;
  readonly output: MessageOutput;
  readonly redactor: Redactor;
  readonly clock: Clock;
  readonly version: string;
  /** Fires, with an exit code as its reason, when stdout can no longer be written. */
  readonly interruption: AbortController;
  /** The user's terminal, if stderr is one. */
  readonly terminal: Terminal | undefined;
}

const CRASHES = ['uncaughtException', 'unhandledRejection'] as const;

/** The executable's commands and how it exits: everything printed arrives, whatever happens. */
export class ProtocolRunner extends AirbyteSourceRunner<AirbyteConfig> {
  private exitCode = 0;

  constructor(private readonly parts: RunnerParts) {
    const before = CRASHES.flatMap((event) => process.listeners(event as 'uncaughtException'));
    super(parts.logger, parts.source);
    // The CDK's handlers exit at once, before everything has been printed.
    for (const event of CRASHES) {
      for (const listener of process.listeners(event as 'uncaughtException'))
        if (!before.includes(listener)) process.off(event, listener);
      process.on(event, (error: unknown) => void this.crash(error));
    }
  }

  /** Runs the command in `argv` and exits with its exit code, once all output has arrived. */
  async run(argv: readonly string[]): Promise<void> {
    const { interruption, output } = this.parts;
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => this.interrupt(EXIT_CODES[signal]));
    interruption.signal.addEventListener('abort', () => this.endSoon());
    try {
      await this.mainCommand().parseAsync(argv as string[]);
    } catch (error) {
      if (error instanceof CommanderError) this.exitCode = error.exitCode === 0 ? 0 : 1;
      else this.fail(error);
    }
    await output.flush();
    this.exit(interruption.signal.aborted ? Number(interruption.signal.reason) : this.exitCode);
  }

  override mainCommand(): Command {
    const main = new Command('source-clari')
      .version(this.parts.version)
      .addCommand(this.specCommand())
      .addCommand(this.checkCommand())
      .addCommand(this.discoverCommand())
      .addCommand(this.readCommand())
      .addCommand(this.catalogCommand());
    for (const own of this.parts.source.commands) main.addCommand(this.ownCommand(own));
    main.addHelpText(
      'after',
      `
Examples:
  $ source-clari check --config config.json
  $ source-clari catalog --config config.json > catalog.json
  $ source-clari read --config config.json --catalog catalog.json > messages.jsonl`,
    );
    for (const command of [main, ...main.commands]) {
      command.exitOverride().configureOutput({ writeErr: (text) => process.stderr.write(text) });
    }
    return main;
  }

  override specCommand(): Command {
    return command('spec', 'prints the specification of the configuration', 'spec').action(async () =>
      this.parts.output.data(await this.parts.source.spec()),
    );
  }

  override checkCommand(): Command {
    return command('check', 'says whether a configuration works', 'check --config config.json')
      .option('--config <file>', CONFIG)
      .action(async ({ config }: Files, self: Command) => {
        requireOptions(self, ['config']);
        try {
          const answered = this.parts.source.check(this.configOf(config));
          // On an interruption there is nothing to clean up, so don't wait for the answer.
          const answer = await Promise.race([answered, interrupted(this.parts.interruption.signal)]);
          if (answer !== undefined) this.logger.write(answer);
        } catch (error) {
          const message = error instanceof SyncError ? error.message : String(error);
          this.parts.output.message({ type: 'CONNECTION_STATUS', connectionStatus: { status: 'FAILED', message } });
        }
      });
  }

  override discoverCommand(): Command {
    return command('discover', 'prints the streams and their schemas', 'discover --config config.json')
      .option('--config <file>', CONFIG)
      .action(async ({ config }: Files, self: Command) => {
        requireOptions(self, ['config']);
        this.parts.output.data(await this.parts.source.discover(this.configOf(config)));
      });
  }

  override readCommand(): Command {
    return command(
      'read',
      'syncs; exits with 0 only if every stream completed',
      'read --config config.json --catalog catalog.json --state state.json > messages.jsonl',
    )
      .option('--config <file>', CONFIG)
      .option('--catalog <file>', 'the configured catalog, a JSON file (required)')
      .option('--state <file>', 'the states of the last sync, a JSON file')
      .action(async (files: Files & { catalog: string; state?: string }, self: Command) => {
        requireOptions(self, ['config', 'catalog']);
        if (stdoutIsClosed()) self.error('error: stdout is closed, so every record would be lost');
        const { output, source, clock, interruption, terminal } = this.parts;
        const config = this.configOf(files.config);
        const catalog = readCatalog(files.catalog);
        const states = files.state === undefined ? new Map() : readStates(files.state);
        const progress = createProgress(terminal, clock);
        try {
          const complete = await source.readTo(config, catalog, states, {
            output,
            signal: interruption.signal,
            progress,
          });
          if (!complete) this.exitCode = 1;
        } finally {
          progress.stop();
        }
      });
  }

  /** Prints a configured catalog, for running `read` by hand. */
  catalogCommand(): Command {
    return command(
      'catalog',
      'prints a configured catalog (plain JSON) for read',
      'catalog --config config.json --streams forecasts,forecast_entries > catalog.json',
    )
      .option('--config <file>', CONFIG)
      .option('--streams <names>', 'the streams, separated by commas; default: all')
      .option('--full-refresh', 'read every stream anew, incremental or not')
      .action(async ({ config, streams, fullRefresh }: Files & CatalogOptions, self: Command) => {
        requireOptions(self, ['config']);
        const { catalog } = await this.parts.source.discover(this.configOf(config));
        const wanted = streams?.split(',').map((name) => name.trim());
        const unknown = wanted?.filter((name) => !catalog.streams.some((stream) => stream.name === name)) ?? [];
        if (unknown.length > 0) {
          const names = catalog.streams.map(({ name }) => name).join(', ');
          throw new SyncError(`There is no stream "${unknown.join('", "')}"; there are ${names}.`, {
            failureType: 'config_error',
          });
        }
        const selected = catalog.streams.filter(({ name }) => wanted?.includes(name) ?? true);
        this.parts.output.data(configure(selected, fullRefresh === true) as unknown as Record<string, unknown>);
      });
  }

  /** A command that the source defines. */
  private ownCommand(own: SourceCommand): Command {
    const { name, description, example, flags } = own;
    const self = command(name, description, example).option('--config <file>', CONFIG);
    for (const [flag, meaning] of Object.entries(flags)) self.option(`--${flag}`, meaning);
    return self.action(async (options: Files & Readonly<Record<string, unknown>>) => {
      requireOptions(self, ['config']);
      const { interruption, output, redactor, terminal } = this.parts;
      const say = (line: string) => {
        const text = redactor.text(line);
        if (terminal === undefined) process.stderr.write(`${text}\n`);
        else terminal.line(text);
      };
      const given = new Set(Object.keys(flags).filter((flag) => options[flag] === true));
      const raw = this.configOf(options.config);
      output.document(await own.run(raw, { flags: given, signal: interruption.signal, say }));
    });
  }

  /** Reads a configuration file; from here on its secrets are cut from everything printed. */
  private configOf(path: string): AirbyteConfig {
    const raw = readJson(path, 'configuration');
    for (const secret of this.parts.source.secretsIn(raw)) this.parts.redactor.add(secret);
    return raw as AirbyteConfig;
  }

  private fail(error: unknown): void {
    this.exitCode = 1;
    this.parts.output.message(errorMessage(error, this.parts.clock.now()));
  }

  private async crash(error: unknown): Promise<void> {
    this.fail(error);
    await this.parts.output.flush();
    this.exit(1);
  }

  private interrupt(exitCode: number): void {
    if (!this.parts.interruption.signal.aborted) this.parts.interruption.abort(exitCode);
  }

  /** Jobs are being cancelled and states flushed; if that hangs, the process exits anyway. */
  private endSoon(): void {
    setTimeout(() => this.exit(Number(this.parts.interruption.signal.reason)), LAST_EXIT_MS).unref();
  }

  private exit(code: number): never {
    this.parts.terminal?.endLive();
    process.exit(code);
  }
}

interface Files {
  readonly config: string;
}
interface CatalogOptions {
  readonly streams?: string;
  readonly fullRefresh?: boolean;
}

const CONFIG = 'the configuration, a JSON file (required)';

/** A command that takes only options and shows an example. */
const command = (name: string, description: string, example: string): Command =>
  new Command(name)
    .description(description)
    .allowExcessArguments(false)
    .addHelpText('after', `\nExample:\n  $ source-clari ${example}`)
    .showHelpAfterError(`For instance: source-clari ${example}`);

/** Resolves when the process must end. */
const interrupted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined), { once: true }));

/**
 * Replaces commander's required options, which are checked before unknown ones: `--confg` would be reported as a
 * missing `--config`.
 */
function requireOptions(self: Command, names: readonly string[]): void {
  const given = self.opts();
  const missing = names.filter((name) => given[name] === undefined).map((name) => `'--${name} <file>'`);
  if (missing.length > 0) self.error(`error: required option ${missing.join(' and ')} not specified`);
}

/**
 * Whether stdout was closed before the process started (`>&-`). Node then opens /dev/null in its place, for reading and
 * writing, while a shell's `> /dev/null` opens it only for writing. Detectable only on Linux; false elsewhere.
 */
function stdoutIsClosed(): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync('/proc/self/fdinfo/1', 'utf8'))?.[1] ?? '0';
    return readlinkSync('/proc/self/fd/1') === '/dev/null' && (Number.parseInt(flags, 8) & 3) === constants.O_RDWR;
  } catch {
    return false;
  }
}

function configure(streams: readonly AirbyteStream[], fullRefresh: boolean): AirbyteConfiguredCatalog {
  return {
    streams: streams.map((stream) => {
      const incremental = !fullRefresh && stream.supported_sync_modes?.includes(SyncMode.INCREMENTAL) === true;
      const { default_cursor_field: cursor, source_defined_primary_key: key } = stream;
      return {
        stream,
        sync_mode: incremental ? SyncMode.INCREMENTAL : SyncMode.FULL_REFRESH,
        // One row per key; without a key, duplicates can't be recognized, so no row is dropped.
        destination_sync_mode: (incremental ? (key === undefined ? 'append' : 'append_dedup') : 'overwrite') as never,
        ...(incremental && cursor !== undefined && { cursor_field: cursor }),
        ...(key !== undefined && { primary_key: key }),
      };
    }),
  };
}
