import { ClariError } from '../clari/errors';
import type { SeenAnswer } from '../clari/http/http';
import type { Clock } from '../timing';
import { DOCUMENTED_KEYS, KNOWN_CODES } from './documented';
import { duration, rounded, size } from './rounding';
import { type Secrets, Shape } from './shape';
import { looksLikeHeader, looksLikeName } from './words';

/** A call as the report shows it: its path as a template, never as it was sent. */
export interface Asked {
  readonly question: string;
  readonly call: string;
}

/** What a call came to. */
export type Reply<T> = { readonly value: T; readonly error?: undefined } | { readonly error: ClariError };

interface Recorded extends Asked {
  readonly answers: readonly SeenAnswer[];
  readonly failure: ClariError | undefined;
  readonly shape: Shape;
  documented: readonly string[];
}

/** Everything that is asked of Clari, one call after the other, and what can be shown of the answers. */
export class Conversation {
  private readonly calls: Recorded[] = [];
  private readonly seen: SeenAnswer[] = [];
  private current: SeenAnswer[] = [];

  constructor(
    private readonly clock: Clock,
    readonly secrets: Secrets,
  ) {}

  /** Whether Clari, or whatever stands in its place, has answered at all. */
  get isAnswered(): boolean {
    return this.seen.length > 0;
  }

  get lastFailure(): ClariError | undefined {
    return this.calls.findLast(({ failure }) => failure !== undefined)?.failure;
  }

  /** To be called with every answer. */
  readonly observe = (answer: SeenAnswer): void => {
    // Of the body only the shape is wanted, once; a large one must not stay in memory.
    const { body: _, ...rest } = answer;
    const ahead = answer.sentAt === undefined ? undefined : answer.sentAt - this.clock.now();
    if (ahead !== undefined) this.aheadMs = ahead;
    this.bodies.push(answer.body);
    const kept = { ...rest, body: undefined };
    this.seen.push(kept);
    this.current.push(kept);
  };
  private bodies: unknown[] = [];
  private aheadMs: number | undefined;

  /**
   * Asks, and keeps the shape of the last answer (`every`: of all of them). `documented`: the places that the answer is
   * known to have, by what came. A ClariError is a reply; anything else is thrown.
   */
  async ask<T>(
    asked: Asked,
    call: () => Promise<T>,
    documented: (body: unknown) => readonly string[] = () => [],
    { every = false }: { readonly every?: boolean } = {},
  ): Promise<Reply<T>> {
    this.current = [];
    this.bodies = [];
    const reply = await call().then(
      (value): Reply<T> => ({ value }),
      (error: unknown): Reply<T> => {
        if (error instanceof ClariError) return { error };
        throw error;
      },
    );
    const failed = reply.error !== undefined && !every;
    const shape = new Shape(this.secrets);
    const bodies = (every ? this.bodies : this.bodies.slice(-1)).filter((body) => body !== undefined);
    for (const body of bodies) shape.add(body);
    this.calls.push({
      ...asked,
      answers: this.current,
      failure: reply.error,
      shape,
      documented: failed || bodies.length === 0 ? [] : documented(bodies.at(-1)),
    });
    // What comes between two questions belongs to neither.
    this.current = [];
    this.bodies = [];
    return reply;
  }

  /** Adds the body of the last call, which was read outside of it. */
  addBody(body: unknown, documented: readonly string[]): void {
    const last = this.calls.at(-1);
    if (last === undefined) return;
    last.shape.add(body);
    last.documented = documented;
  }

  /** The calls, once all has been asked. */
  describeCalls(): object[] {
    const known = new Map<string, string>();
    return this.calls.map((call) => this.describe(call, known));
  }

  /** The names of the headers of all answers, by status. */
  describeHeaders(): Record<string, readonly string[]> {
    const names = new Map<string, Set<string>>();
    for (const { status, headerNames } of this.seen) {
      const known = names.get(`${status}`) ?? new Set();
      for (const name of headerNames) known.add(looksLikeHeader(name) ? name : '<header>');
      names.set(`${status}`, known);
    }
    return Object.fromEntries([...names].sort().map(([status, set]) => [status, [...set].sort()]));
  }

  /** What all answers together say of the clock and of refusals as too many. */
  describeTraffic() {
    const refused = this.seen.filter(({ status }) => status === 429);
    const waits = this.seen.flatMap(({ retryAfter }) => (retryAfter === undefined ? [] : [formOfWait(retryAfter)]));
    return {
      dateHeader: this.seen.some(({ sentAt }) => sentAt !== undefined),
      clockOffset: this.aheadMs === undefined ? 'unknown' : offset(this.aheadMs),
      tooManyRequests: refused.length > 0,
      retryAfterHeader: waits.length > 0 ? [...new Set(waits)] : false,
    };
  }

  /** `known`: questions by the shape of their answers, which is not repeated. */
  private describe(
    { question, call, answers, failure, shape, documented }: Recorded,
    known: Map<string, string>,
  ): object {
    const last = answers.at(-1);
    const lines = shape.lines(DOCUMENTED_KEYS);
    const places = Object.keys(lines);
    const text = JSON.stringify(Object.entries(lines).sort());
    const same = known.get(text);
    if (same === undefined) known.set(text, question);
    // Of tries and status checks: what came in a row counts once.
    const statuses = answers.map(({ status }) => status).filter((status, index, all) => status !== all[index - 1]);
    const absent = missing(documented, lines);
    const unknown = documented.length === 0 ? [] : places.filter((place) => !isDocumented(place, documented));
    return {
      question,
      call,
      ...(last !== undefined && { status: last.status, took: duration(last.durationMs) }),
      ...(last?.bytes !== undefined && { size: size(last.bytes) }),
      ...(statuses.length > 1 && { statuses }),
      ...(failure !== undefined && { failure: failure.kind }),
      ...(failure?.code !== undefined && { code: this.codeOf(failure, last !== undefined) }),
      ...(unknown.length > 0 && { unknownKeys: unknown.map((place) => `${place}: ${lines[place]}`) }),
      ...(absent.length > 0 && { missingKeys: absent }),
      ...(places.length > 0 && { shape: same === undefined ? lines : `as of: ${same}` }),
    };
  }

  /** Without an answer it is the operating system's, or axios', such as ECONNREFUSED. */
  private codeOf({ code = '' }: ClariError, answered: boolean): string {
    if (KNOWN_CODES.has(code)) return code;
    if (!answered) return /^[A-Z_]{1,40}$/.test(code) ? code : 'other';
    // A code is a text of the body, so it can only be compared with the rest: it is a name, not a part of one.
    return looksLikeName(code) && /_|^[A-Z]+$|^[a-z]+$/.test(code) && !this.secrets.isOwn(code) ? code : 'other';
  }
}

/** `$` and `[]` are the root, and arrays hold what their owner says they hold. */
const isDocumented = (place: string, documented: readonly string[]): boolean =>
  place === '$' || place.endsWith('[]') || documented.includes(place);

/** Documented places that weren't there though what they stand in was. */
function missing(documented: readonly string[], lines: Readonly<Record<string, string>>): string[] {
  return documented.filter((place) => {
    if (place in lines || place.endsWith('[]')) return false;
    const parent = place.replace(/\.?[^.]+$/, '');
    return parent === '' || /(^|\| )object/.test(lines[parent] ?? '');
  });
}

const formOfWait = (header: string): string =>
  /^\s*\d+\s*$/.test(header) ? 'seconds' : Number.isNaN(Date.parse(header)) ? 'other' : 'date';

/** `Date` has whole seconds, and an answer takes its time. */
const SAME_TIME_MS = 2_000;

function offset(aheadMs: number): string {
  if (Math.abs(aheadMs) < SAME_TIME_MS) return 'under 2 s';
  return `Clari about ${rounded(Math.abs(aheadMs) / 1000)} s ${aheadMs > 0 ? 'ahead' : 'behind'}`;
}
