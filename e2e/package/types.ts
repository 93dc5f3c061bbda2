// What a program may count on at compile time. Compiled against the packed package, never run.
import {
  ClariClient,
  type ClariClientOptions,
  ClariError,
  type ClariErrorKind,
  type ForecastEntry,
  type Opportunity,
  READ_LIMITS,
  type RequestLimits,
} from 'source-clari';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <T extends true>(_proof?: T): void => undefined;

// What comes from the environment may be undefined, with exactOptionalPropertyTypes too.
const fromEnvironment: string | undefined = process.env['CLARI_BASE_URL'];
export const options: ClariClientOptions = {
  apiKey: 'k',
  baseUrl: fromEnvironment,
  clock: undefined,
  onRetry: undefined,
};
export const client = new ClariClient({ apiKey: 'k', limits: { maxTries: 3, totalTimeoutMs: undefined } });
export const limits: RequestLimits = { ...READ_LIMITS, maxTries: 3 };

// @ts-expect-error A key is needed.
new ClariClient({});
// @ts-expect-error Not an option.
new ClariClient({ apiKey: 'k', apikey: 'k' });
// @ts-expect-error Not a type that Clari exports.
void client.exportForecast('a', null, { typesToExport: ['forecasts'] });
// @ts-expect-error The direct call has no history.
void client.readForecast('a', null, { includeHistorical: true });

export async function reads(signal: AbortSignal | undefined): Promise<void> {
  const { entries } = await client.readForecast('a', undefined, {
    signal,
    typesToExport: ['quota'],
    currency: undefined,
  });
  holds<Equal<typeof entries, ForecastEntry[]>>();
  holds<Equal<ForecastEntry['jobId'], string | null>>();
  const { body, answeredAt } = await client.openForecast('a', '2027_Q4', { signal });
  holds<Equal<typeof body, AsyncIterable<Buffer>>>();
  holds<Equal<typeof answeredAt, number>>();
  for await (const { items, actors } of client.auditEvents({ dateFrom: undefined }, { signal })) {
    for (const { eventTimestamp, event, somethingNew } of items) {
      holds<Equal<typeof eventTimestamp, string | undefined>>();
      holds<Equal<typeof event, string | undefined>>();
      holds<Equal<typeof somethingNew, unknown>>();
    }
    for (const { name } of actors) holds<Equal<typeof name, string | null | undefined>>();
  }
  for await (const batch of client.getOpportunities(['a'])) holds<Equal<typeof batch, readonly Opportunity[]>>();
  holds<Equal<ReturnType<typeof client.now>, number>>();
}

export function kindOf(error: unknown): ClariErrorKind | undefined {
  if (!(error instanceof ClariError)) return undefined;
  // @ts-expect-error Not a kind.
  if (error.kind === 'unknown_quarter') return undefined;
  return error.kind;
}
