import { DEFAULT_TYPES, EXPORT_TYPES, type ExportType, type ForecastRequest } from '../data/forecast-request';
import { everyoneIn, isCurrency, ownersInScope } from '../data/organization';
import { badRequest, noOptin, type Refusal, typeNotSupported } from '../errors';
import type { ForecastSpec } from '../options';

type Body = Readonly<Record<string, unknown>>;

/**
 * The body as a JSON object; an empty body counts as `{}`, since every key is optional. Undefined if malformed. The
 * content type doesn't matter.
 */
export function parseBody(text: string): Body | undefined {
  if (text.trim() === '') return {};
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as Body) : undefined;
  } catch {
    return undefined;
  }
}

export const malformedBody = (text: string): Refusal =>
  badRequest(`The request body was malformed: ${text.slice(0, 200)}`);

/** What the body asks to export of that forecast, or why Clari refuses. CSV isn't simulated and is refused. */
export function readForecastRequest(
  body: Body,
  spec: ForecastSpec,
): { readonly request: ForecastRequest; readonly timePeriod: string | null } | { readonly refusal: Refusal } {
  const types = body['typesToExport'] ?? DEFAULT_TYPES;
  if (!Array.isArray(types)) return refuse(badRequest('The typesToExport parameter is invalid.'));
  const invalid = types.filter((type) => !(EXPORT_TYPES as readonly unknown[]).includes(type));
  if (invalid.length > 0) {
    return refuse(badRequest(`The following typesToExport values are invalid: ${JSON.stringify(invalid)}`));
  }
  const typesToExport = types as readonly ExportType[];
  const currency = body['currency'] ?? null;
  if (currency !== null && !isCurrency(currency)) return refuse(badRequest('The currency parameter is invalid.'));
  const includeHistorical = body['includeHistorical'] ?? false;
  if (typeof includeHistorical !== 'boolean') return refuse(badRequest('The includeHistorical parameter is invalid.'));
  if (!['NONE', 'ONCE', 'MAX'].includes(String(body['schedule'] ?? 'NONE'))) {
    return refuse(badRequest('The schedule parameter is invalid.'));
  }
  if ((body['exportFormat'] ?? 'JSON') !== 'JSON') return refuse(badRequest('The exportFormat parameter is invalid.'));
  const scopeId = body['scopeId'] ?? null;
  if (scopeId !== null && typeof scopeId !== 'string') return refuse(badRequest('The scopeId parameter is invalid.'));
  if (spec.optIn === false) return refuse(noOptin(spec.forecastId, scopeId ?? undefined));
  if (scopeId !== null && ownersInScope(everyoneIn(spec), scopeId) === undefined) {
    return refuse(noOptin(spec.forecastId, scopeId));
  }
  if (spec.supportsCrmTypes === false && typesToExport.some((type) => type.startsWith('crm_'))) {
    return refuse(typeNotSupported());
  }
  const timePeriod = body['timePeriod'];
  return {
    request: { typesToExport, currency, includeHistorical, scopeId },
    timePeriod: typeof timePeriod === 'string' && timePeriod !== '' ? timePeriod : null,
  };
}

const refuse = (refusal: Refusal): { refusal: Refusal } => ({ refusal });
