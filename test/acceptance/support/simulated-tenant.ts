import { join } from 'node:path';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../../simulator';
import { type RunResult, runConnector } from '../../support/connector';
import { type Json, Messages } from '../../support/messages';
import { type SyncResult, sync } from '../../support/sync';
import { readJsonFile } from './acceptance-config';
import type { ConfiguredCatalog, DiscoveredStream } from './catalogs';

/** When the simulator's and the connector's clocks start, so that the files in integration_tests hold whatever the date. */
export const STARTS_AT = Date.parse('2026-11-23T10:00:00Z');

/** The file that stands in for what is kept in secrets/. */
const SAMPLE_CONFIG = 'integration_tests/sample_config.json';
const CLOCK = join(__dirname, 'pinned-clock.cjs');

export interface CommandResult extends RunResult {
  readonly messages: Messages;
}

/** A simulated Clari, and the real executable set up to sync from it. */
export class SimulatedTenant {
  private constructor(
    readonly simulator: Simulator,
    private readonly aheadMs: number,
  ) {}

  static async start(options: SimulatorOptions = {}): Promise<SimulatedTenant> {
    const aheadMs = STARTS_AT - Date.now();
    const simulator = await startSimulator({
      now: () => Date.now() + aheadMs,
      jobDurationMs: 10,
      concurrentLimit: 20,
      ...options,
    });
    return new SimulatedTenant(simulator, aheadMs);
  }

  close(): Promise<void> {
    return this.simulator.close();
  }

  /**
   * The configuration that a config_path names, made to reach the simulator. One in secrets/ is never read, even where it exists: the sample
   * configuration stands in for it, with the simulator's key.
   */
  config(path: string): Json {
    const base_url = this.simulator.url;
    if (!path.startsWith('secrets/')) return { ...readJsonFile<Json>(path), base_url };
    return { ...readJsonFile<Json>(SAMPLE_CONFIG), base_url, api_key: this.simulator.apiKey };
  }

  async run(command: 'spec' | 'check' | 'discover', configPath?: string): Promise<CommandResult> {
    const config = configPath === undefined ? {} : { config: this.config(configPath) };
    const result = await runConnector(command, { ...config, env: this.env });
    return { ...result, messages: new Messages(result.lines) };
  }

  async discover(configPath: string): Promise<DiscoveredStream[]> {
    const { messages } = await this.run('discover', configPath);
    return (messages.catalog?.streams ?? []) as unknown as DiscoveredStream[];
  }

  read(configPath: string, catalog: ConfiguredCatalog, state?: unknown): Promise<SyncResult> {
    return sync(this.simulator, { config: this.config(configPath), catalog, state, env: this.env });
  }

  private get env(): Record<string, string> {
    return { NODE_OPTIONS: `--require ${JSON.stringify(CLOCK)}`, CLOCK_AHEAD_MS: String(this.aheadMs) };
  }
}
