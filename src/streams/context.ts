import type { AirbyteLogger } from 'faros-airbyte-cdk';
import type { ClariClient } from '../clari/client';
import type { ClariConfig } from '../config';
import type { ExportPool } from '../exports/pool';
import type { Clock } from '../timing';
import type { ActivityReader } from './activities/reader';
import type { ForecastSelection } from './forecast-selection';
import type { RateLimit } from './rate-limit';
import type { SharedRead } from './shared-read';

/** What a sync's streams share. */
export interface StreamContext {
  readonly config: ClariConfig;
  readonly client: ClariClient;
  readonly pool: ExportPool;
  readonly forecastReads: SharedRead;
  readonly activityReads: SharedRead<ActivityReader>;
  readonly log: AirbyteLogger;
  readonly clock: Clock;
  /** Wait before something broken is requested again. */
  readonly secondTryMs: number;
  /** Fires when the sync must end. */
  readonly signal: AbortSignal;
  readonly rateLimit: RateLimit;
  /** When the sync started, epoch ms on Clari's clock: what "today" and "until now" mean. Never rejects. */
  startedAt(): Promise<number>;
  /** The forecasts to sync; fetched from Clari once. */
  forecasts(): Promise<ForecastSelection>;
}
