import { parseForecastList } from './contract';
import { ClariError } from './errors';
import type { ClariHttp } from './http/http';
import { forecastSegment } from './ids';
import { SharedCall } from './shared-call';
import type { CallOptions, ClariForecast, ForecastList } from './types';

/** The organization's forecasts, if Clari lists them, and which contract it speaks: the list tells the two apart. */
export class Forecasts {
  private readonly shared: SharedCall<ForecastList>;

  constructor(private readonly http: ClariHttp) {
    this.shared = new SharedCall((signal) => this.fetch(signal));
  }

  /** Fetched once, then remembered. */
  list({ signal }: CallOptions): Promise<ForecastList> {
    return this.shared.get(signal);
  }

  /** The forecast with that id, otherwise with that name; undefined if Clari lists neither. */
  async find(idOrName: string, call: CallOptions): Promise<ClariForecast | undefined> {
    const { forecasts } = await this.list(call);
    return (
      forecasts.find(({ forecastId }) => forecastId === idOrName) ??
      forecasts.find(({ forecastName }) => forecastName === idOrName)
    );
  }

  /** What an export's path calls a forecast: its id, or its name if Clari lists forecasts. */
  async exportSegment(forecastId: string, call: CallOptions): Promise<string> {
    const own = forecastSegment(forecastId);
    const name = (await this.find(forecastId, call))?.forecastName;
    return name == null ? own : forecastSegment(name);
  }

  private async fetch(signal: AbortSignal): Promise<ForecastList> {
    try {
      const answer = await this.http.json({ method: 'GET', path: '/export/forecast/list', signal });
      const forecasts = parseForecastList(answer);
      if (forecasts !== undefined) return { contract: 'listed', forecasts };
    } catch (error) {
      if (!hasNoList(error)) throw error;
    }
    return { contract: 'published', forecasts: [] };
  }
}

/** Statuses that don't mean there is no such list: they are about the key, the rate limit, a proxy or a timeout. */
const OTHER_STATUSES = [401, 403, 407, 408, 429];

/** Whether a failure means that the API has no list of forecasts. */
export const hasNoList = (error: unknown): error is ClariError =>
  error instanceof ClariError &&
  error.status !== undefined &&
  !OTHER_STATUSES.includes(error.status) &&
  error.status < 500;
