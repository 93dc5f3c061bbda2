import { SyncError } from '../airbyte/stream';
import type { ClariForecast, Contract, ForecastList } from '../clari/types';

/** Where to find the id the configuration needs. */
export const WHERE_THE_ID_IS = 'open the Forecast Tab in Clari: its id is in the URL of the page';

/** A forecast to sync. */
export interface SelectedForecast extends ClariForecast {
  readonly source: 'listed' | 'configured';
}

export interface ForecastSelection {
  readonly contract: Contract;
  readonly forecasts: readonly SelectedForecast[];
  /** One failure for each configured forecast that Clari's list doesn't have. */
  readonly failures: readonly SyncError[];
}

/**
 * The forecasts the configuration asks for: from Clari's list if there is one (by id or name; all if none is
 * configured), otherwise the configured ids as they are. Throws a config error if there is neither.
 */
export function selectForecasts(
  { contract, forecasts }: ForecastList,
  forecastIds: readonly string[],
): ForecastSelection {
  if (contract === 'published') {
    if (forecastIds.length === 0) {
      throw new SyncError(
        `Clari's API does not list its forecasts, so "forecast_ids" needs at least one id; ${WHERE_THE_ID_IS}.`,
        {
          failureType: 'config_error',
        },
      );
    }
    const configured = forecastIds.map((forecastId) => ({
      forecastId,
      forecastName: null,
      timePeriods: [],
      additionalFields: null,
      source: 'configured' as const,
    }));
    return { contract, forecasts: configured, failures: [] };
  }
  const listed = forecasts.map((forecast) => ({ ...forecast, source: 'listed' as const }));
  if (forecastIds.length === 0) return { contract, forecasts: listed, failures: [] };
  const selected = new Set<SelectedForecast>();
  const failures: SyncError[] = [];
  for (const id of forecastIds) {
    // An id takes precedence over another forecast's name.
    const found =
      listed.find(({ forecastId }) => forecastId === id) ?? listed.find(({ forecastName }) => forecastName === id);
    if (found !== undefined) selected.add(found);
    else failures.push(unknownForecast(id, forecasts));
  }
  return { contract, forecasts: [...selected], failures };
}

function unknownForecast(id: string, forecasts: readonly ClariForecast[]): SyncError {
  const known = forecasts.map(({ forecastId, forecastName }) =>
    forecastName === null ? forecastId : `${forecastId} (${forecastName})`,
  );
  return new SyncError(
    `Clari has no forecast "${id}"; it lists: ${known.join(', ') || 'none'}. Correct "forecast_ids".`,
    {
      failureType: 'config_error',
    },
  );
}
