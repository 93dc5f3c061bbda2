export const EXPORT_TYPES = ['forecast', 'quota', 'forecast_updated', 'adjustment', 'crm_total', 'crm_closed'] as const;
export type ExportType = (typeof EXPORT_TYPES)[number];

/** What Clari exports when `typesToExport` is left out. */
export const DEFAULT_TYPES: readonly ExportType[] = ['forecast', 'forecast_updated'];

/** An export request with its defaults filled in. */
export interface ForecastRequest {
  readonly typesToExport: readonly ExportType[];
  readonly currency: string | null;
  /** Every week so far, not only the latest. */
  readonly includeHistorical: boolean;
  readonly scopeId: string | null;
}
