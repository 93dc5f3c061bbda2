import { ClariError } from '../clari/errors';
import type { SeenAnswer } from '../clari/http/http';
import type { Clock } from '../timing';
import { DOCUMENTED_KEYS, KNOWN_CODES } from './documented';
import { duration, rounded, size } from './rounding';
import { type Secrets, Shape } from './shape';
import { looksLikeHeader, looksLikeName } from './words';

/** A call as the report shows it: the path as a template, never as it was sent. */
export interface Asked {
  readonly question: string;
  readonly call: string;
}

/** The outcome of a call. */
export type Reply<T> = { readonly value: T; readonly error?: undefined } | { readonly error: ClariError };

interface Recorded extends Asked {
  readonly answers: readonly SeenAnswer[];
  readonly failure: ClariError | undefined;
  readonly shape: Shape;
  documented: readonly string[];
}

/** Everything Clari is asked, one call after another, and what can be shown of its answers. */
export class Conversation {
  private readonly calls: Recorded[] = [];
  private readonly seen: SeenAnswer[] = [];
  private current: SeenAnswer[] = [];

  constructor(
    private readonly clock: Clock,
    readonly secrets: Secrets,
  ) {}

  /** Whether Clari, or whatever is in its place, has answered at all. */
  get isAnswered(): boolean {
    return this.seen.length > 0;
  }

  get lastFailure(): ClariError | undefined {
    return this.calls.findLast(({ failure }) => failure !== undefined)?.failure;
  }

  /** Call it with every answer. */
  readonly observe = (answer: SeenAnswer): void => {
    // Only the body's shape is needed, once; a large body must not stay in memory.
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
   * Asks, and keeps the shape of the last answer (`every`: of all of them). `documented`: given the body, the places
   * this answer is known to have. A ClariError is a reply; anything else is thrown.
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
    // Anything between two questions belongs to neither.
    this.current = [];
    this.bodies = [];
    return reply;
  }

  /** Adds the body of the last call when it was read outside the call. */
  addBody(body: unknown, documented: readonly string[]): void {
    const last = this.calls.at(-1);
    if (last === undefined) return;
    last.shape.add(body);
    last.documented = documented;
  }

  /** The calls, once everything has been asked. */
  describeCalls(): object[] {
    const known = new Map<string, string>();
    return this.calls.map((call) => this.describe(call, known));
  }

  /** The header names of all answers, by status. */
  describeHeaders(): Record<string, readonly string[]> {
    const names = new Map<string, Set<string>>();
    for (const { status, headerNames } of this.seen) {
      const known = names.get(`${status}`) ?? new Set();
      for (const name of headerNames) known.add(looksLikeHeader(name) ? name : '<header>');
      names.set(`${status}`, known);
    }
    return Object.fromEntries([...names].sort().map(([status, set]) => [status, [...set].sort()]));
  }

  /** What all answers together say about the clock and about HTTP 429. */
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

  /** `known`: questions by the shape of their answers. A shape is shown only once. */
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
    // Retries and status checks: a status repeated in a row counts once.
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

  /** Without an answer, the code is from the operating system or axios, such as ECONNREFUSED. */
  private codeOf({ code = '' }: ClariError, answered: boolean): string {
    if (KNOWN_CODES.has(code)) return code;
    if (!answered) return /^[A-Z_]{1,40}$/.test(code) ? code : 'other';
    // A code is itself a text in the body, so finding it there proves nothing: what counts is its form, and that it
    // isn't from the configuration.
    return looksLikeName(code) && /_|^[A-Z]+$|^[a-z]+$/.test(code) && !this.secrets.isOwn(code) ? code : 'other';
  }
}

/** `$` and `[]` are the root, and a place for elements (`x[]`) is covered by its array. */
const isDocumented = (place: string, documented: readonly string[]): boolean =>
  place === '$' || place.endsWith('[]') || documented.includes(place);

/** Documented places that are missing although their parent is there. */
function missing(documented: readonly string[], lines: Readonly<Record<string, string>>): string[] {
  return documented.filter((place) => {
    if (place in lines || place.endsWith('[]')) return false;
    const parent = place.replace(/\.?[^.]+$/, '');
    return parent === '' || /(^|\| )object/.test(lines[parent] ?? '');
  });
}

const formOfWait = (header: string): string =>
  /^\s*\d+\s*$/.test(header) ? 'seconds' : Number.isNaN(Date.parse(header)) ? 'other' : 'date';

/** `Date` has whole seconds, and an answer takes time to arrive. */
const SAME_TIME_MS = 2_000;

function offset(aheadMs: number): string {
  if (Math.abs(aheadMs) < SAME_TIME_MS) return 'under 2 s';
  return `Clari about ${rounded(Math.abs(aheadMs) / 1000)} s ${aheadMs > 0 ? 'ahead' : 'behind'}`;
}
