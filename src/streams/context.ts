import type { AirbyteLogger } from 'faros-airbyte-cdk';
import type { ClariClient } from '../clari/client';
import type { ClariConfig } from '../config';
import type { ExportPool } from '../exports/pool';
import type { Clock } from '../timing';
import type { ActivityExports } from './activities/exports';
import type { ForecastSelection } from './forecast-selection';
import type { RateLimit } from './rate-limit';

/** What the streams of one sync share. */
export interface StreamContext {
  readonly config: ClariConfig;
  readonly client: ClariClient;
  readonly pool: ExportPool;
  readonly activityExports: ActivityExports;
  readonly log: AirbyteLogger;
  readonly clock: Clock;
  /** Epoch ms: what "today" and "until now" mean for the whole sync. */
  readonly startedAt: number;
  /** The names of the streams that this sync reads. */
  readonly selected: ReadonlySet<string>;
  readonly rateLimit: RateLimit;
  /** The forecasts to sync; asked of Clari once. */
  forecasts(): Promise<ForecastSelection>;
}
