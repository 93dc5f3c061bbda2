import { ClariError, type ClariErrorKind } from '../errors';

/** What a request was about, for use in messages. */
export interface Subject {
  readonly forecastId?: string | undefined;
  readonly jobId?: string | undefined;
  /** `activities`, `audit events`, `opportunities`, `export limits`: the part of the API, for permissions. */
  readonly area?: string | undefined;
  /** Clari doesn't document the call: a 404 says that it isn't offered, and nothing about the forecast. */
  readonly undocumented?: boolean | undefined;
}

/** A failed answer. */
export interface FailedAnswer extends Subject {
  readonly method: string;
  /** Without a query. */
  readonly path: string;
  readonly status: number;
  readonly body: unknown;
}

interface Vendor {
  readonly code: string | undefined;
  readonly message: string | undefined;
  readonly errorId: string | undefined;
}

type Row = readonly [
  matches: (answer: FailedAnswer, vendor: Vendor) => boolean,
  kind: ClariErrorKind,
  sentence: (answer: FailedAnswer, vendor: Vendor) => string,
];

const CHECK_ID = 'Check the id: it is in the URL of the Forecast Tab in Clari';
const forecast = ({ forecastId }: Subject): string =>
  forecastId === undefined ? 'the forecast' : `forecast "${forecastId}"`;
const job = ({ jobId }: Subject): string => (jobId === undefined ? 'the job' : `job ${jobId}`);
const area = ({ area: name, forecastId }: Subject): string =>
  name ?? (forecastId === undefined ? 'this part of the API' : 'forecast exports');
/** More of Clari's own words than this would bury the sentence; `detail` has them. */
const MAX_SAID = 200;
const said = ({ message }: Vendor): string => {
  if (message === undefined) return '';
  const words = message.length > MAX_SAID ? `${message.slice(0, MAX_SAID)}…` : message.replace(/\.$/, '');
  return `: ${words}`;
};

/** Clari's failures in both contracts; the first match wins. `code` is Clari's own word. */
const TABLE: readonly Row[] = [
  [
    ({ status }, { code }) => status === 401 && code === 'no_optin',
    'no_optin',
    (answer) =>
      `The API key is good, but its user is not opted in to ${forecast(answer)}, or to the requested scope. Opt the user in, remove the forecast, or correct "scope_id" if it is set.`,
  ],
  [
    ({ status }) => status === 401,
    'invalid_key',
    () => 'Clari rejected the API key (HTTP 401). Create a new API token in Clari and update "api_key".',
  ],
  [
    ({ status, jobId }, { code }) => code === 'SWW' && jobId !== undefined && (status === 400 || status === 403),
    'job_not_readable',
    (answer) =>
      `Clari does not let this API key read ${job(answer)}: it is unknown, or another user's. Sync again, with the key of the user who started it.`,
  ],
  [
    ({ status }) => status === 403,
    'forbidden',
    (answer) =>
      `The API key's user lacks permission for ${area(answer)} (HTTP 403). Have a Clari admin grant API access to it.`,
  ],
  [
    (_, { code }) => code === 'export_monthly_quota_reached',
    'export_limit',
    () =>
      "Clari's limit of concurrent exports, or its monthly export quota, is reached. Try again later, or ask Clari for more.",
  ],
  [
    (_, { code }) => code === 'no_such_forecast_config',
    'unknown_forecast',
    (answer) => `Clari has no ${forecast(answer)}. ${CHECK_ID}.`,
  ],
  [
    ({ status, forecastId, body, undocumented }) =>
      status === 404 && forecastId !== undefined && undocumented !== true && !isNoRoute(body),
    'unknown_forecast',
    (answer) => `Clari has no ${forecast(answer)}. ${CHECK_ID}.`,
  ],
  [
    (_, { code }) => code === 'type_not_supported',
    'type_not_supported',
    (answer) =>
      `Clari does not export crm_total and crm_closed for ${forecast(answer)}. Take them out of "types_to_export".`,
  ],
  [
    (_, { code }) => code === 'invalid_jobId',
    'unknown_job',
    (answer) => `Clari has no results for ${job(answer)}; they have expired, or the job is not done. Sync again later.`,
  ],
  [
    ({ status, jobId }) => (status === 404 || status === 410) && jobId !== undefined,
    'unknown_job',
    (answer) => `Clari no longer knows ${job(answer)}. Sync again later.`,
  ],
  [
    ({ status, undocumented }) => (status === 404 || status === 405) && undocumented === true,
    'no_such_path',
    (answer) =>
      `Clari does not offer the direct call for ${forecast(answer)} (HTTP ${answer.status}). Export the forecast instead.`,
  ],
  [
    ({ status }) => status === 404 || status === 405,
    'no_such_path',
    ({ path, status }) =>
      `Clari's API has no ${path} (HTTP ${status}). Check "base_url": it ends with the version, as in https://api.clari.com/v4.`,
  ],
  [
    ({ status }) => status === 429,
    'rate_limited',
    () => 'Clari kept rejecting requests because there were too many (HTTP 429). Sync again later, or less often.',
  ],
  [
    ({ status }) => status === 407,
    'bad_request',
    () => 'The proxy requires a user name and a password (HTTP 407). Add them to the URL in HTTPS_PROXY.',
  ],
  [
    ({ status }) => status === 408,
    'timeout',
    () => 'Clari gave up waiting for the request (HTTP 408). Sync again later.',
  ],
  [
    ({ status }) => status >= 500,
    'server_error',
    ({ status }) => `Clari had an internal error (HTTP ${status}). Sync again later.`,
  ],
  [
    ({ status }) => status >= 400,
    'bad_request',
    (answer, vendor) =>
      `Clari rejected the request for ${answer.forecastId === undefined ? area(answer) : forecast(answer)} (HTTP ${answer.status})${said(vendor)}. Check the configuration.`,
  ],
];

/**
 * Turns a failed answer into the error the table has for it. `hide` removes the key from Clari's message before the
 * message is cut: nothing would recognize part of a key afterwards.
 */
export function toClariError(answer: FailedAnswer, hide: (text: string) => string = (text) => text): ClariError {
  const asSent = vendorOf(answer.body);
  const vendor = { ...asSent, message: asSent.message === undefined ? undefined : hide(asSent.message) };
  const detail = [
    `${answer.method} ${answer.path}: HTTP ${answer.status}`,
    vendor.code && `code ${vendor.code}`,
    vendor.message && `"${vendor.message.slice(0, 500)}"`,
    vendor.errorId && `errorId ${vendor.errorId}`,
  ];
  const [, kind, sentence] = TABLE.find(([matches]) => matches(answer, vendor)) ?? UNEXPECTED;
  return new ClariError(sentence(answer, vendor), {
    kind,
    status: answer.status,
    code: vendor.code,
    jobId: answer.jobId,
    detail: detail.filter((part) => part !== undefined && part !== '').join(', '),
    landed: landedWith(answer.status),
  });
}

/**
 * A server error or a gateway's timeout may come after the request took effect; a refusal comes before.
 */
export const landedWith = (status: number): 'no' | 'unknown' =>
  status < 300 || status === 408 || (status >= 500 && status !== 503) ? 'unknown' : 'no';

const UNEXPECTED: Row = [
  () => true,
  'unexpected_answer',
  ({ status, path }) => `Clari gave an unexpected answer to ${path} (HTTP ${status}). Check "base_url".`,
];

/** The gateway's answer for a path it doesn't know. */
const isNoRoute = (body: unknown): boolean => /^no Route matched/.test(vendorOf(body).message ?? '');

/** What Clari says, in any shape of body: flat, `{errors: […]}` (audit), an array (opportunity). */
function vendorOf(body: unknown): Vendor {
  const object = (Array.isArray(body) ? body[0] : ((body as { errors?: unknown[] } | null)?.errors?.[0] ?? body)) as
    | Record<string, unknown>
    | null
    | undefined;
  const text = (...keys: string[]) =>
    keys.map((key) => object?.[key]).find((value): value is string => typeof value === 'string');
  return { code: text('code'), message: text('message', 'description', 'error'), errorId: text('errorId') };
}
