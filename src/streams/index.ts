import { activities } from './activities';
import { auditEvents } from './audit-events';
import type { StreamDefinition } from './define';
import { FORECAST_STREAMS } from './forecast-entries';
import { forecasts } from './forecasts';
import { opportunities } from './opportunities';

/** Every stream of the connector, in the order of the catalog. */
export const STREAMS: readonly StreamDefinition[] = [
  forecasts,
  ...FORECAST_STREAMS,
  activities,
  auditEvents,
  opportunities,
];
