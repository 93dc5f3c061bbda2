import { RESULT_PARTS } from '../../clari/entries/mapper';
import { RESULTS_KEPT_MS } from '../../clari/entries/results';
import { ClariError } from '../../clari/errors';
import type { ClariJob, ExportType, ForecastExportOptions } from '../../clari/types';
import { DAY_MS, dayOf } from '../../days';
import type { SpooledDocument } from '../../exports/document';
import { type JobLedger, type LedgerEntry, requestHash } from '../../exports/ledger';
import type { ExportHandle } from '../../exports/request';
import { isQuarter, type Quarter } from '../../period';
import type { StreamContext } from '../context';
import { isForecastFailure } from '../failures';
import type { SelectedForecast } from '../forecast-selection';
import { ForecastResults } from './results';

/** Types some tenants refuse with `type_not_supported`. */
const CRM_TYPES: readonly ExportType[] = ['crm_total', 'crm_closed'];
/** An export of the current quarter is out of date after a day. */
const CURRENT_MAX_AGE_MS = DAY_MS;

/** Whether a job left behind is too old for a quarter that may have changed since. */
export const isOutdated = ({ submittedAt }: LedgerEntry, now: number): boolean =>
  now - Date.parse(submittedAt) > CURRENT_MAX_AGE_MS;

/** One forecast's quarter, as requested. `null` = the current one, which the answer then names. */
export type ForecastKey = {
  readonly forecastId: string;
  readonly timePeriod: Quarter | null;
};

/** The settings rows depend on: rows read with different ones don't belong together. */
export const settingsOf = ({ config }: Pick<StreamContext, 'config'>) => ({
  currency: config.currency,
  typesToExport: [...config.typesToExport].sort(),
  includeHistorical: config.includeHistorical,
  scopeId: config.scopeId ?? null,
});

export const forecastRequestHash = (context: Pick<StreamContext, 'config'>): string => requestHash(settingsOf(context));

export function parseForecastKey({
  forecastId,
  timePeriod,
}: Readonly<Record<string, unknown>>): ForecastKey | undefined {
  const isPeriod = timePeriod === null || (typeof timePeriod === 'string' && isQuarter(timePeriod));
  return typeof forecastId === 'string' && isPeriod
    ? { forecastId, timePeriod: timePeriod as Quarter | null }
    : undefined;
}

/** What a forecast's exports share. */
export class ForecastExports {
  private types: readonly ExportType[];
  /** Why none of this forecast's exports can succeed. */
  private refused: unknown;

  constructor(
    private readonly forecast: SelectedForecast,
    private readonly context: StreamContext,
    private readonly ledger: JobLedger<ForecastKey>,
    private readonly onWaiting: (until: number | null) => void,
  ) {
    this.types = context.config.typesToExport;
  }

  /** What is requested besides the quarter. */
  get options(): ForecastExportOptions {
    const { currency, includeHistorical, scopeId, schedule } = this.context.config;
    return { typesToExport: this.types, currency, includeHistorical, scopeId, schedule };
  }

  /**
   * Starts the export of a quarter, or resumes one. `mayChange`: the quarter may be current, so that a job left behind is
   * out of date after a day.
   */
  start(timePeriod: Quarter | null, mayChange: boolean): ExportHandle {
    const { client, pool } = this.context;
    const { forecastId } = this.forecast;
    return pool.start({
      label: describe(forecastId, timePeriod),
      slot: this.ledger.at({ forecastId, timePeriod }),
      maxAgeMs: mayChange ? CURRENT_MAX_AGE_MS : RESULTS_KEPT_MS,
      submit: async ({ signal }) => {
        if (this.refused !== undefined) throw this.refused;
        return client.exportForecast(forecastId, timePeriod, { signal, ...this.options });
      },
      expects: expectResults,
      adapt: (error) => this.adapt(error),
      matches: (job) => isExportOf(job, forecastId, timePeriod) && isInCurrency(job, this.context.config.currency),
      ...(timePeriod === null && {
        // Earlier quarters are exported after the current one, so the newest job is one of those.
        likelier: (a, b) => compareText(quarterInName(b, forecastId), quarterInName(a, forecastId)),
        // When no quarter was named, the job found may be any quarter's.
        proves: async (document) => {
          const results = await ForecastResults.of({ jobId: null, exportedAt: new Date(0).toISOString(), document });
          const { newestQuarter } = results;
          return newestQuarter !== undefined && results.isOpen(newestQuarter, dayOf(client.now())) === true;
        },
      }),
      onWaiting: this.onWaiting,
    });
  }

  /** Forgets a job left behind that is out of date for a quarter that may change; false if there is none. */
  forgetOutdated(timePeriod: Quarter): boolean {
    const slot = this.ledger.at({ forecastId: this.forecast.forecastId, timePeriod });
    if (slot.entry === undefined) return false;
    if (!isOutdated(slot.entry, this.context.client.now())) return false;
    slot.settled();
    return true;
  }

  /** Continues without the CRM's numbers if Clari doesn't export them; remembers a refusal of the whole forecast. */
  private adapt(error: unknown): boolean {
    if (error instanceof ClariError && error.kind === 'type_not_supported') {
      const rest = this.types.filter((type) => !CRM_TYPES.includes(type));
      if (rest.length > 0 && rest.length < this.types.length) {
        this.types = rest;
        this.context.log.warn(
          `Clari does not export crm_total and crm_closed for forecast "${this.forecast.forecastId}"; exporting it without them`,
        );
        return true;
      }
    }
    if (isForecastFailure(error)) this.refused = error;
    return false;
  }
}

/** Throws a DocumentError unless the document has the shape of a forecast's results. */
export const expectResults = (document: SpooledDocument): void => document.expectArray('entries', RESULT_PARTS);

/** What messages call a quarter of a forecast; null = the current one. */
export const describe = (forecastId: string, timePeriod: Quarter | null): string =>
  `forecast "${forecastId}", ${timePeriod === null ? 'current quarter' : `quarter ${timePeriod}`}`;

/** The same, for the beginning of a sentence. */
export function subjectOf(forecastId: string, timePeriod: Quarter | null): string {
  const text = describe(forecastId, timePeriod);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/**
 * Whether a job Clari lists is an export of this forecast and quarter, by its `fileName`:
 * `clari_export_<forecastId>_<period><more>`. One forecast's id may begin with another's, and nothing separates the
 * period from what follows, so the part after the id must begin with a quarter and contain no second one.
 */
export function isExportOf(job: ClariJob, forecastId: string, timePeriod: Quarter | null): boolean {
  const quarter = quarterInName(job, forecastId);
  return quarter !== undefined && (timePeriod === null || quarter === timePeriod);
}

function quarterInName({ fileName }: ClariJob, forecastId: string): Quarter | undefined {
  const prefix = `clari_export_${forecastId}_`;
  if (fileName === null || !fileName.startsWith(prefix)) return undefined;
  const rest = fileName.slice(prefix.length);
  const period = rest.slice(0, 7);
  return isQuarter(period) && !/\d{4}_Q[1-4]/.test(rest.slice(7)) ? period : undefined;
}

const compareText = (a = '', b = ''): number => (a < b ? -1 : a > b ? 1 : 0);

/** A job in a currency other than the requested one belongs to another connection. */
const isInCurrency = ({ currency }: ClariJob, wanted: string): boolean =>
  wanted === '' || currency === null || currency === '' || currency.toUpperCase() === wanted.toUpperCase();
