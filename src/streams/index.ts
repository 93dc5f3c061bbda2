import type { StreamDefinition } from './define';
import { forecastEntries } from './forecast-entries';
import { forecasts } from './forecasts';

/** Every stream of the connector, in the order of the catalog. */
export const STREAMS: readonly StreamDefinition[] = [forecasts, forecastEntries];
