import { parseAuditPage } from './contract';
import { ClariError } from './errors';
import type { ClariHttp } from './http/http';
import type { AuditFilter, AuditPage, CallOptions } from './types';

/** The most events a page may hold. */
const PAGE_SIZE = 1000;
/** After this many empty pages in a row, the trail is taken to be endless. */
const MAX_EMPTY_PAGES = 10;

/** Reads audit events page by page. See `ClariClient.auditEvents`. */
export async function* auditPages(
  http: ClariHttp,
  { limit = PAGE_SIZE, ...filter }: AuditFilter,
  { signal }: CallOptions,
): AsyncGenerator<AuditPage, void, undefined> {
  const query = new URLSearchParams({ limit: String(limit) });
  for (const [name, value] of Object.entries(filter)) if (value !== undefined) query.set(name, value);
  const call = { method: 'GET' as const, area: 'audit events', signal };
  let answer = await http.json({ ...call, path: '/audit/events', query });
  const progress = new Progress();
  for (;;) {
    const { items, actors, nextLink } = parseAuditPage(answer);
    progress.check(items, nextLink);
    yield { items, actors };
    if (nextLink === undefined) return;
    answer = await http.jsonOfLink(nextLink, call);
  }
}

/** Notices pages that lead nowhere: without this, one bad link would make a sync run forever. */
class Progress {
  private readonly followed = new Set<string>();
  private emptyPages = 0;
  /** The previous page's items, as JSON. */
  private before = '[]';

  check(items: readonly unknown[], nextLink: string | undefined): void {
    this.emptyPages = items.length === 0 ? this.emptyPages + 1 : 0;
    const now = JSON.stringify(items);
    if (items.length > 0 && now === this.before) throw endless('repeat one another');
    this.before = now;
    if (nextLink === undefined) return;
    if (this.emptyPages === MAX_EMPTY_PAGES) throw endless(`never end: ${MAX_EMPTY_PAGES} in a row held no event`);
    if (this.followed.has(nextLink)) throw endless('link back to a page already read');
    this.followed.add(nextLink);
  }
}

const endless = (what: string): ClariError =>
  new ClariError(`Clari's audit event pages ${what}. Sync again later, or contact Clari support.`, {
    kind: 'unexpected_answer',
  });
