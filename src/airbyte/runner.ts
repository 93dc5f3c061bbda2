import { Command, CommanderError } from 'commander';
import {
  type AirbyteConfig,
  type AirbyteConfiguredCatalog,
  AirbyteSourceRunner,
  type AirbyteStream,
  SyncMode,
} from 'faros-airbyte-cdk';
import type { Clock } from '../timing';
import { readCatalog, readJson, readStates } from './inputs';
import type { ProtocolLogger } from './logger';
import { errorMessage } from './messages';
import type { MessageOutput } from './output';
import { createProgress } from './progress';
import type { Redactor } from './redact';
import type { ProtocolSource } from './source';
import { SyncError } from './stream';

/** Exit codes of a process that was told to end, as shells have them. */
const EXIT_CODES = { SIGTERM: 143, SIGINT: 130 } as const;
const EXIT_CLOSED_STDOUT = 1;
/** Whoever tells the connector to end waits 10 s before it kills it. */
const LAST_EXIT_MS = 9_000;

export interface RunnerParts {
  readonly logger: ProtocolLogger;
  readonly source: ProtocolSource;
  readonly output: MessageOutput;
  readonly redactor: Redactor;
  readonly clock: Clock;
  readonly version: string;
  /** Fires with an exit code as its reason when the reader of stdout is gone. */
  readonly interruption: AbortController;
}

/** The commands of the executable, and its endings: everything printed arrives, whatever happens. */
export class ProtocolRunner extends AirbyteSourceRunner<AirbyteConfig> {
  private exitCode = 0;

  constructor(private readonly parts: RunnerParts) {
    super(parts.logger, parts.source);
    // The CDK's own handlers end the process at once, and with it whatever has not been printed yet.
    for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
      const added = process.listeners(event as 'uncaughtException').at(-1);
      if (added !== undefined) process.off(event, added);
      process.on(event, (error: unknown) => void this.crash(error));
    }
  }

  /** Runs the command of `argv` and ends the process with its exit code, once all output has arrived. */
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
    process.exit(interruption.signal.aborted ? Number(interruption.signal.reason) : this.exitCode);
  }

  override mainCommand(): Command {
    const main = new Command('source-clari')
      .version(this.parts.version)
      .addCommand(this.specCommand())
      .addCommand(this.checkCommand())
      .addCommand(this.discoverCommand())
      .addCommand(this.readCommand())
      .addCommand(this.catalogCommand());
    for (const command of [main, ...main.commands]) {
      command.exitOverride().configureOutput({ writeErr: (text) => process.stderr.write(text) });
    }
    return main;
  }

  override specCommand(): Command {
    return new Command('spec')
      .description('prints the specification of the configuration')
      .action(async () => this.parts.output.data(await this.parts.source.spec()));
  }

  override checkCommand(): Command {
    return new Command('check')
      .description('says whether a configuration works')
      .requiredOption('--config <file>', 'the configuration, a JSON file')
      .action(async ({ config }: { config: string }) => {
        try {
          this.logger.write(await this.parts.source.check(this.configOf(config)));
        } catch (error) {
          const message = error instanceof SyncError ? error.message : String(error);
          this.parts.output.message({ type: 'CONNECTION_STATUS', connectionStatus: { status: 'FAILED', message } });
        }
      });
  }

  override discoverCommand(): Command {
    return new Command('discover')
      .description('prints the streams and their schemas')
      .requiredOption('--config <file>', 'the configuration, a JSON file')
      .action(async ({ config }: { config: string }) =>
        this.parts.output.data(await this.parts.source.discover(this.configOf(config))),
      );
  }

  override readCommand(): Command {
    return new Command('read')
      .description('syncs; exits with 0 only if every stream completed')
      .requiredOption('--config <file>', 'the configuration, a JSON file')
      .requiredOption('--catalog <file>', 'the configured catalog, a JSON file')
      .option('--state <file>', 'the states of the last sync, a JSON file')
      .action(async (files: { config: string; catalog: string; state?: string }) => {
        const { output, source, clock, interruption } = this.parts;
        const config = this.configOf(files.config);
        const catalog = readCatalog(files.catalog);
        const states = files.state === undefined ? new Map() : readStates(files.state);
        const progress = createProgress(process.stderr, clock);
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

  /** Prints a configured catalog, so that `read` can be run by hand. */
  catalogCommand(): Command {
    return new Command('catalog')
      .description('prints a configured catalog (plain JSON) for read')
      .requiredOption('--config <file>', 'the configuration, a JSON file')
      .option('--streams <names>', 'the streams, separated by commas; default: all')
      .option('--full-refresh', 'read every stream anew, incremental or not')
      .action(async ({ config, streams, fullRefresh }: { config: string; streams?: string; fullRefresh?: boolean }) => {
        const { catalog } = await this.parts.source.discover(this.configOf(config));
        const wanted = streams?.split(',').map((name) => name.trim());
        const unknown = wanted?.filter((name) => !catalog.streams.some((stream) => stream.name === name)) ?? [];
        if (unknown.length > 0) {
          throw new SyncError(
            `There is no stream ${unknown.join(', ')}; there are ${catalog.streams.map(({ name }) => name).join(', ')}.`,
            {
              failureType: 'config_error',
            },
          );
        }
        const selected = catalog.streams.filter(({ name }) => wanted?.includes(name) ?? true);
        this.parts.output.data(configure(selected, fullRefresh === true) as unknown as Record<string, unknown>);
      });
  }

  /** Reads a configuration file; from here on its secrets are cut from everything. */
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
    process.exit(1);
  }

  private interrupt(exitCode: number): void {
    if (!this.parts.interruption.signal.aborted) this.parts.interruption.abort(exitCode);
  }

  /** Jobs are being cancelled and states flushed; if that hangs, the process ends all the same. */
  private endSoon(): void {
    setTimeout(() => process.exit(Number(this.parts.interruption.signal.reason)), LAST_EXIT_MS).unref();
  }
}

/** Exported for whoever wires the interruption of a closed stdout. */
export { EXIT_CLOSED_STDOUT };

function configure(streams: readonly AirbyteStream[], fullRefresh: boolean): AirbyteConfiguredCatalog {
  return {
    streams: streams.map((stream) => {
      const incremental = !fullRefresh && stream.supported_sync_modes?.includes(SyncMode.INCREMENTAL) === true;
      const { default_cursor_field: cursor, source_defined_primary_key: key } = stream;
      return {
        stream,
        sync_mode: incremental ? SyncMode.INCREMENTAL : SyncMode.FULL_REFRESH,
        // What keeps one row per key; without a key nothing can be told apart, so nothing is dropped.
        destination_sync_mode: (incremental ? (key === undefined ? 'append' : 'append_dedup') : 'overwrite') as never,
        ...(incremental && cursor !== undefined && { cursor_field: cursor }),
        ...(key !== undefined && { primary_key: key }),
      };
    }),
  };
}
