import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../simulator';

/** 2026-11-23 08:00 UTC, a Monday in 2027_Q4 of a February fiscal year. */
export const NOVEMBER_23 = Date.parse('2026-11-23T08:00:00Z');

/** A clock that only moves when told to. */
export class ManualTime {
  constructor(private time = NOVEMBER_23) {}
  readonly now = (): number => this.time;
  advance(ms: number): void {
    this.time += ms;
  }
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of a body is said in its assertion
  readonly body: any;
}

/** A simulator under test, spoken to without any client of ours. */
export class Lab {
  private constructor(
    readonly simulator: Simulator,
    readonly time: ManualTime,
  ) {}

  /** Its clock stands at 2026-11-23 08:00 UTC; jobs take 3000 ms of it. */
  static async start(options: SimulatorOptions = {}): Promise<Lab> {
    const time = new ManualTime();
    return new Lab(await startSimulator({ now: time.now, jobDurationMs: 3000, ...options }), time);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.simulator.close();
  }

  /** @param path below the base URL, or a whole URL. */
  async send(method: string, path: string, body?: unknown, init: RequestInit = {}): Promise<Answer> {
    const url = path.startsWith('http') ? path : this.simulator.url + path;
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      headers: { apikey: this.simulator.apiKey },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      ...init,
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: parse(text) };
  }

  get(path: string): Promise<Answer> {
    return this.send('GET', path);
  }

  /** Queues an export and returns its job's id. */
  async submit(forecast = 'net_new', body: object = {}): Promise<string> {
    const answer = await this.send('POST', `/export/forecast/${encodeURIComponent(forecast)}`, body);
    if (answer.status !== 200) throw new Error(`POST answered ${answer.status}: ${answer.text}`);
    return answer.body.jobId;
  }

  /** Queues an export, lets its time pass and returns its results. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  async export(forecast = 'net_new', body: object = {}): Promise<any> {
    const jobId = await this.submit(forecast, body);
    this.time.advance(3000);
    return (await this.get(`/export/jobs/${jobId}/results`)).body;
  }
}

/** A body as the API's known samples have it. */
// biome-ignore lint/suspicious/noExplicitAny: as above
export function sample(name: string): any {
  return JSON.parse(readFileSync(join(__dirname, 'fixtures', `${name}.json`), 'utf8'));
}

/** The keys of an object and what each holds, `null` for null: what two bodies of one shape have in common. */
export function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])];
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  const entries = Object.entries(value).map(([key, each]) => [key, shapeOf(each)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => a.localeCompare(b)));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
