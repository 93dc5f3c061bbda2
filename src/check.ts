import { SyncError } from './airbyte/stream';
import type { ClariClient } from './clari/client';
import { toSyncError } from './streams/failures';
import { type SelectedForecast, selectForecasts, WHERE_THE_ID_IS } from './streams/forecast-selection';

/**
 * Proves that the key works and, as far as that can be told without spending export quota, that each configured forecast can be exported.
 * Throws a SyncError that says what is wrong; calls `warn` with what could not be verified.
 */
export async function checkConnection(
  client: ClariClient,
  forecastIds: readonly string[],
  warn: (message: string) => void,
): Promise<void> {
  const list = await client.listForecasts();
  // A gateway answers "no such path" for the list whatever the key, so something else has to prove the key.
  if (list.contract === 'published') await client.getLimits();
  const { forecasts, failures } = selectForecasts(list, forecastIds);
  const problems = failures.map(({ message }) => message);
  if (list.contract === 'published') {
    for (const forecast of forecasts) {
      const problem = await forecastProblem(client, forecast, warn);
      if (problem !== undefined) problems.push(problem);
    }
  }
  if (problems.length > 0) throw new SyncError(problems.join(' '), { failureType: 'config_error' });
}

async function forecastProblem(
  client: ClariClient,
  { forecastId }: SelectedForecast,
  warn: (message: string) => void,
): Promise<string | undefined> {
  switch (await client.verifyForecast(forecastId)) {
    case 'exists':
      return undefined;
    case 'unknown':
      return `Clari has no forecast "${forecastId}". Correct "forecast_ids"; ${WHERE_THE_ID_IS}.`;
    case 'no_optin':
      return `The API key is good, but its user is not opted in to forecast "${forecastId}". Opt the user in, or take the forecast out of "forecast_ids".`;
    case 'unverified':
      warn(`Forecast "${forecastId}" could not be verified without spending an export; the first sync will tell.`);
      return undefined;
  }
}

/** The sentence that `check` answers for any failure. */
export const checkMessage = (error: unknown): string => toSyncError(error).message;
