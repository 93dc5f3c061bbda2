import { SyncError } from './airbyte/stream';
import type { ClariClient } from './clari/client';
import { ClariError } from './clari/errors';
import { Slots } from './slots';
import { type SelectedForecast, selectForecasts, WHERE_THE_ID_IS } from './streams/forecast-selection';

/** Looking a forecast up makes Clari compute it, so that not all of them are looked up at a time. */
const LOOKED_UP_AT_A_TIME = 4;

/**
 * Proves that the key works and, as far as that can be told without spending export quota, that each configured forecast can be exported.
 * Throws a SyncError that says what is wrong, or a ClariError; calls `warn` with what could not be verified before `deadline` fired.
 */
export async function checkConnection(
  client: ClariClient,
  forecastIds: readonly string[],
  warn: (message: string) => void,
  deadline: AbortSignal,
): Promise<void> {
  const list = await client.listForecasts({ signal: deadline });
  // A gateway answers "no such path" for the list whatever the key, so something else has to prove the key.
  if (list.contract === 'published') await client.getLimits({ signal: deadline });
  const { forecasts, failures } = selectForecasts(list, forecastIds);
  const problems = failures.map(({ message }) => message);
  if (list.contract === 'published') {
    const places = new Slots(LOOKED_UP_AT_A_TIME);
    const lookUp = async (forecast: SelectedForecast) => {
      if (!(await places.acquire(deadline))) return unverified(forecast, warn);
      return forecastProblem(client, forecast, warn, deadline).finally(() => places.release());
    };
    problems.push(...(await Promise.all(forecasts.map(lookUp))).filter((problem) => problem !== undefined));
  }
  if (problems.length > 0) throw new SyncError(problems.join(' '), { failureType: 'config_error' });
}

async function forecastProblem(
  client: ClariClient,
  forecast: SelectedForecast,
  warn: (message: string) => void,
  deadline: AbortSignal,
): Promise<string | undefined> {
  const { forecastId } = forecast;
  const found = await client.verifyForecast(forecastId, { signal: deadline }).catch((error: unknown) => {
    if (error instanceof ClariError && error.kind === 'aborted') return 'unverified' as const;
    throw error;
  });
  switch (found) {
    case 'exists':
      return undefined;
    case 'unknown':
      return `Clari has no forecast "${forecastId}". Correct "forecast_ids"; ${WHERE_THE_ID_IS}.`;
    case 'no_optin':
      return `The API key is good, but its user is not opted in to forecast "${forecastId}". Opt the user in, or take the forecast out of "forecast_ids".`;
    case 'unverified':
      return unverified(forecast, warn);
  }
}

function unverified({ forecastId }: SelectedForecast, warn: (message: string) => void): undefined {
  warn(`Forecast "${forecastId}" could not be verified without spending an export; the first sync will tell.`);
}
