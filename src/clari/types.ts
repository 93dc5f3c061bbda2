/**
 * The typed client's shapes, with both of Clari's contracts already folded into one.
 * Everything uses Clari's own spelling; nothing here knows Airbyte.
 */

/** What an export can contain. Clari's own default is only `forecast` and `forecast_updated`. */
export const EXPORT_TYPES = ['forecast', 'quota', 'forecast_updated', 'adjustment', 'crm_total', 'crm_closed'] as const;
export type ExportType = (typeof EXPORT_TYPES)[number];

/** The kinds of activity Clari knows. */
export const ACTIVITY_TYPES = [
  'MEETING',
  'EMAIL_SENT',
  'EMAIL_RECEIVED',
  'ATTACHMENT_SENT',
  'ATTACHMENT_RECEIVED',
] as const;
export type ActivityType = (typeof ACTIVITY_TYPES)[number];

/** Clari's own retries of a failed export: none, one, or three, each after 30 minutes. */
export type ExportSchedule = 'NONE' | 'ONCE' | 'MAX';

/**
 * Which of the API's two known dialects answers.
 * `published`: the OpenAPI document and production tenants. `listed`: the one that has `GET /export/forecast/list`.
 */
export type Contract = 'published' | 'listed';

/** Options of every call. */
export interface CallOptions {
  /** Aborts the call, its retries and its waits; the call then rejects with a `ClariError` of kind `aborted`. */
  readonly signal?: AbortSignal | undefined;
}

/** A Forecast Tab as `listForecasts` names it. */
export interface ClariForecast {
  readonly forecastId: string;
  readonly forecastName: string | null;
  /** The fiscal quarters that can be exported, according to Clari's list; empty if it lists none. */
  readonly timePeriods: readonly string[];
  /** Anything else Clari says about it; null when there is nothing. */
  readonly additionalFields: Readonly<Record<string, unknown>> | null;
}

/**
 * The answer to "which forecasts are there?". The published contract has no list: `forecasts` is then empty.
 */
export interface ForecastList {
  readonly contract: Contract;
  readonly forecasts: readonly ClariForecast[];
}

/**
 * What to export of a forecast. By default all six types and the latest week, without retries by Clari; the rest is up
 * to Clari.
 */
export interface ForecastExportOptions {
  readonly typesToExport?: readonly ExportType[] | undefined;
  /** ISO 4217 code; empty or absent = the organization's own currency. */
  readonly currency?: string | undefined;
  /** true = every week of the quarter so far; false = only the latest week. */
  readonly includeHistorical?: boolean | undefined;
  readonly scopeId?: string | undefined;
  readonly schedule?: ExportSchedule | undefined;
}

/**
 * What to read of a forecast by the direct call. What is left out is up to Clari, except `typesToExport`: all six.
 */
export type ForecastReadOptions = Pick<ForecastExportOptions, 'typesToExport' | 'currency' | 'scopeId'>;

/** Which activities to export. Clari looks only at the date and the zone of both bounds. */
export interface ActivityExportOptions {
  /** First day, ISO 8601 date-time with offset. */
  readonly startDate: string;
  /** Last day (inclusive), ISO 8601 date-time with offset. */
  readonly endDate: string;
  /** All five kinds when left out. */
  readonly activityTypes?: readonly ActivityType[] | undefined;
}

/** The answer to a POST that started a job. */
export interface SubmittedJob {
  readonly jobId: string;
}

/** A job's status: Clari's words, mapped once. An unknown word counts as running. */
export type JobPhase = 'running' | 'succeeded' | 'failed' | 'cancelled';

/** An export job. Clari promises only `jobId` and `status`; the rest is null if it wasn't sent. */
export interface ClariJob {
  readonly jobId: string;
  /** Clari's own word, as sent: SCHEDULED, STARTED, DONE, FAILED, CANCELLED, ABORTED, PENDING, COMPLETED … */
  readonly status: string;
  readonly phase: JobPhase;
  readonly title: string | null;
  readonly module: string | null;
  readonly fileName: string | null;
  readonly fileType: string | null;
  readonly currency: string | null;
  /** Epoch milliseconds. */
  readonly startTime: number | null;
  /** Epoch milliseconds. */
  readonly endTime: number | null;
  /** Epoch milliseconds after which the results are gone (30 days after the end). */
  readonly expiredTime: number | null;
  readonly rowsTruncated: boolean;
  readonly cellsTruncated: boolean;
  /** Where the listed contract keeps the results; fetched without the API key. */
  readonly downloadUrl: string | null;
  /** Why the job failed, if Clari says so. */
  readonly error: string | null;
}

/** The organization's export limits (rolling 30 days, all users together). */
export interface ClariLimits {
  readonly concurrentLimit: number;
  readonly monthlyQuota: number;
  readonly availableConcurrentLimit: number;
  readonly availableMonthlyQuota: number;
  readonly submittedJobIds: readonly string[];
  readonly runningJobIds: readonly string[];
}

/** One forecast entry, one flat row: the same columns from either contract. */
export interface ForecastEntry {
  forecastId: string;
  forecastName: string | null;
  /** The fiscal quarter Clari's answer names, otherwise the one requested, e.g. `2027_Q4`. */
  timePeriod: string;
  /** The entry's own period: the quarter, or on a monthly tab the month (`2027_M10`). */
  timePeriodId: string;
  timePeriodType: string | null;
  timePeriodLabel: string | null;
  timePeriodYear: string | null;
  timePeriodStartDate: string | null;
  timePeriodEndDate: string | null;
  timePeriodCrmId: string | null;
  timeFrameId: string;
  timeFrameStartDate: string | null;
  timeFrameEndDate: string | null;
  ownerId: string;
  ownerName: string | null;
  ownerEmail: string | null;
  ownerCrmId: string | null;
  scopeId: string | null;
  hierarchyId: string | null;
  hierarchyName: string | null;
  parentHierarchyId: string | null;
  parentHierarchyName: string | null;
  fieldId: string;
  fieldName: string | null;
  fieldType: string | null;
  forecastAmount: number | null;
  quotaAmount: number | null;
  adjustmentAmount: number | null;
  crmTotal: number | null;
  crmClosed: number | null;
  isUpdated: boolean | null;
  updatedBy: string | null;
  /** ISO 8601 date-time. */
  updatedOn: string | null;
  adjustedBy: string | null;
  /** ISO 8601 date-time. */
  adjustedOn: string | null;
  currencyCode: string | null;
  currencySymbol: string | null;
  /** The export job the entry comes from; null when it was read by the direct call, which starts no job. */
  jobId: string | null;
  /** ISO 8601 date-time: when the job ended, otherwise when it was seen done; for the direct call, when it answered. */
  exportedAt: string;
  /** Every key Clari sent that has no column; null when there is none. */
  additionalFields: Record<string, unknown> | null;
}

/**
 * Who did something in Clari, exactly as Clari sent it, except that `actorId` is text. The types are the ones Clari
 * documents; the other values are unchecked, and further keys are kept.
 */
export interface AuditActor {
  readonly actorId: string;
  /** USER, SYSTEM or JOB. */
  readonly actorType?: string | null;
  readonly name?: string | null;
  readonly email?: string | null;
  readonly [key: string]: unknown;
}

/** Which audit events to read. */
export interface AuditFilter {
  /** ISO 8601 date-time; Clari's default is 30 days ago. */
  readonly dateFrom?: string | undefined;
  /** ISO 8601 date-time; Clari's default is now. */
  readonly dateTo?: string | undefined;
  /** Events per page, 1 to 1000; default 1000. */
  readonly limit?: number | undefined;
  readonly actorId?: string | undefined;
  readonly event?: string | undefined;
  readonly sessionId?: string | undefined;
  /** WEB, IOS or ANDROID. */
  readonly sessionType?: string | undefined;
}

/**
 * Something somebody did in Clari, exactly as Clari sent it. The types are the ones Clari documents; the values are
 * unchecked, and further keys are kept.
 */
export interface AuditEvent {
  /** ISO 8601 date-time. */
  readonly eventTimestamp?: string;
  readonly event?: string;
  readonly actorId?: string;
  /** USER, SYSTEM or JOB. */
  readonly actorType?: string;
  readonly impersonatingActorId?: string | null;
  readonly sessionId?: string;
  /** WEB, IOS or ANDROID. */
  readonly sessionType?: string;
  readonly ipAddress?: string;
  readonly correlationID?: string;
  readonly eventParameters?: Readonly<Record<string, unknown>>;
  readonly [key: string]: unknown;
}

/** A page of audit events. Clari doesn't document their order. */
export interface AuditPage {
  readonly items: readonly AuditEvent[];
  /** The people among the page's actors. */
  readonly actors: readonly AuditActor[];
}

/** A field of an opportunity, with what Clari knows about its changes. */
export interface OpportunityField {
  readonly id?: string;
  readonly alias?: string | null;
  readonly value?: unknown;
  readonly originalValue?: unknown;
  readonly trend?: unknown;
  readonly trendHistory?: readonly {
    readonly oldValue?: unknown;
    readonly newValue?: unknown;
    readonly date?: unknown;
  }[];
  readonly imageUrl?: string | null;
  readonly [key: string]: unknown;
}

/**
 * An opportunity, exactly as Clari sent it. The types are the ones Clari documents; the values are unchecked, and
 * further keys are kept.
 */
export interface Opportunity {
  readonly id?: string;
  readonly crmScore?: { readonly message?: string; readonly score?: number; readonly [key: string]: unknown } | null;
  readonly fields?: readonly OpportunityField[];
  readonly [key: string]: unknown;
}
