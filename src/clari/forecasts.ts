import { parseForecastList } from './contract';
import { ClariError } from './errors';
import type { ClariHttp } from './http/http';
import { forecastSegment } from './ids';
import { SharedCall } from './shared-call';
import type { CallOptions, ClariForecast, ForecastList } from './types';

/** The forecasts of the organization, as far as Clari lists them; and with the list, which contract it speaks. */
export class Forecasts {
  private readonly shared: SharedCall<ForecastList>;

  constructor(private readonly http: ClariHttp) {
    this.shared = new SharedCall((signal) => this.fetch(signal));
  }

  /** Asked for once, then remembered. */
  list({ signal }: CallOptions): Promise<ForecastList> {
    return this.shared.get(signal);
  }

  /** The forecast of that id, else of that name; undefined where Clari lists none such. */
  async find(idOrName: string, call: CallOptions): Promise<ClariForecast | undefined> {
    const { forecasts } = await this.list(call);
    return (
      forecasts.find(({ forecastId }) => forecastId === idOrName) ??
      forecasts.find(({ forecastName }) => forecastName === idOrName)
    );
  }

  /** What stands for a forecast in the path of an export: its id; where Clari lists forecasts, their name. */
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

/** What says something else than that there is no such list: of the key, of too many requests, of a proxy. */
const OTHER_STATUSES = [401, 403, 407, 408, 429];

/** Whether a failure is the refusal of an API that has no list of forecasts. */
export const hasNoList = (error: unknown): error is ClariError =>
  error instanceof ClariError &&
  error.status !== undefined &&
  !OTHER_STATUSES.includes(error.status) &&
  error.status < 500;
