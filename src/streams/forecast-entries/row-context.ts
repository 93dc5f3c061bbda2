import type { Quarter } from '../../period';

/** What is written into every row of one export. */
export interface RowContext {
  readonly forecastId: string;
  readonly forecastName: string | null;
  /** The quarter that the rows belong to. */
  readonly timePeriod: Quarter;
  /** Null when no job made the results: the direct call. */
  readonly jobId: string | null;
  /** ISO 8601. */
  readonly exportedAt: string;
}
