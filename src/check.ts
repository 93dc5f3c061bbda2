import { SyncError } from './airbyte/stream';
import type { ClariClient } from './clari/client';
import { ClariError } from './clari/errors';
import type { ClariLimits, Contract } from './clari/types';
import type { ClariConfig } from './config';
import { costOfSyncs } from './costs';
import { dayOf } from './days';
import { Slots } from './slots';
import { type SelectedForecast, selectForecasts, WHERE_THE_ID_IS } from './streams/forecast-selection';

/** How many forecasts are verified at once: each one makes Clari compute it. */
const VERIFIED_AT_A_TIME = 4;

export interface CheckLog {
  info(message: string): void;
  warn(message: string): void;
}

/**
 * Proves that the key works and, where that uses no export quota, that each configured forecast can be exported. Throws
 * a SyncError that says what is wrong, or a ClariError; logs what could not be verified before `deadline` fired, how
 * much quota is left, and what syncs will cost.
 */
export async function checkConnection(
  client: ClariClient,
  config: ClariConfig,
  log: CheckLog,
  deadline: AbortSignal,
): Promise<void> {
  const warn = (message: string) => log.warn(message);
  const list = await client.listForecasts({ signal: deadline });
  const limits = await limitsOf(client, list.contract, log, deadline);
  const { forecasts, failures } = selectForecasts(list, config.forecastIds);
  const problems = failures.map(({ message }) => message);
  if (list.contract === 'published') {
    const places = new Slots(VERIFIED_AT_A_TIME);
    const verify = async (forecast: SelectedForecast) => {
      if (!(await places.acquire(deadline))) return unverified(forecast, warn);
      return forecastProblem(client, config, forecast, warn, deadline).finally(() => places.release());
    };
    problems.push(...(await Promise.all(forecasts.map(verify))).filter((problem) => problem !== undefined));
  }
  if (problems.length > 0) throw new SyncError(bounded(problems), { failureType: 'config_error' });
  if (limits !== undefined)
    log.info(
      `Clari's export quota: ${limits.availableMonthlyQuota} of ${limits.monthlyQuota} exports are left in this 30-day window, ` +
        `${limits.concurrentLimit} at a time`,
    );
  log.info(costOfSyncs(config, forecasts.length, dayOf(client.now())));
}

/** Proves the key too: for the list, a gateway answers "no such path" even if the key is wrong. */
async function limitsOf(
  client: ClariClient,
  contract: Contract,
  log: CheckLog,
  deadline: AbortSignal,
): Promise<ClariLimits | undefined> {
  try {
    return await client.getLimits({ signal: deadline });
  } catch (error) {
    if (!(error instanceof ClariError)) throw error;
    // A user who can't see the limits may still be able to export.
    if (error.kind === 'forbidden') log.warn(`Could not read Clari's export limits: ${error.message}`);
    else if (contract === 'published') throw error;
    else log.info(`Clari doesn't say how much export quota is left: ${error.message}`);
    return undefined;
  }
}

/** At most this many problems are named, to keep the message readable. */
const MAX_PROBLEMS = 20;

function bounded(problems: readonly string[]): string {
  const named = problems.slice(0, MAX_PROBLEMS).join(' ');
  return problems.length > MAX_PROBLEMS ? `${named} And ${problems.length - MAX_PROBLEMS} more.` : named;
}

async function forecastProblem(
  client: ClariClient,
  { scopeId }: ClariConfig,
  forecast: SelectedForecast,
  warn: (message: string) => void,
  deadline: AbortSignal,
): Promise<string | undefined> {
  const { forecastId } = forecast;
  const found = await client.verifyForecast(forecastId, { scopeId, signal: deadline }).catch((error: unknown) => {
    if (error instanceof ClariError && error.kind === 'aborted') return 'unverified' as const;
    throw error;
  });
  switch (found) {
    case 'exists':
      return undefined;
    case 'unknown':
      return `Clari has no forecast "${forecastId}". Correct "forecast_ids"; ${WHERE_THE_ID_IS}.`;
    case 'no_optin':
      return scopeId === undefined
        ? `The API key is good, but its user is not opted in to forecast "${forecastId}". Opt the user in, or take the forecast out of "forecast_ids".`
        : `The API key is good, but its user is not opted in to forecast "${forecastId}", or to the scope "${scopeId}". Opt the user in, take the forecast out of "forecast_ids", or correct "scope_id".`;
    case 'unverified':
      return unverified(forecast, warn);
  }
}

function unverified({ forecastId }: SelectedForecast, warn: (message: string) => void): undefined {
  warn(
    `Could not verify forecast "${forecastId}" without using up an export; the first sync will show whether it works.`,
  );
}
