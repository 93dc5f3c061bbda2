import { join } from 'node:path';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../../simulator';
import { runConnector } from '../../support/connector';
import { type Json, Messages } from '../../support/messages';
import { type SyncResult, sync } from '../../support/sync';
import type { ConfiguredCatalog, DiscoveredStream } from './catalogs';
import { readJson } from './files';

/**
 * When the simulator's and the connector's clocks start, so that the files in integration_tests hold whatever the date.
 */
export const STARTS_AT = Date.parse('2026-11-23T10:00:00Z');

const CLOCK = join(__dirname, 'pinned-clock.cjs');

/** A simulated Clari, and the real executable set up to sync from it by integration_tests/sample_config.json. */
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

  async discover(): Promise<DiscoveredStream[]> {
    const { lines } = await runConnector('discover', { config: this.config, env: this.env });
    return (new Messages(lines).catalog?.streams ?? []) as unknown as DiscoveredStream[];
  }

  read(catalog: ConfiguredCatalog, state?: unknown): Promise<SyncResult> {
    return sync(this.simulator, { config: this.config, catalog, state, env: this.env });
  }

  private get config(): Json {
    const { url: base_url, apiKey: api_key } = this.simulator;
    return { ...readJson<Json>('sample_config.json'), base_url, api_key };
  }

  private get env(): Record<string, string> {
    return { NODE_OPTIONS: `--require ${JSON.stringify(CLOCK)}`, CLOCK_AHEAD_MS: String(this.aheadMs) };
  }
}
