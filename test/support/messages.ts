import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import Ajv, { type ValidateFunction } from 'ajv';
import { expect } from 'vitest';

export type Json = Record<string, unknown>;

export interface SourceMessage {
  readonly type: string;
  readonly record?: { readonly stream: string; readonly data: Json; readonly emitted_at: number };
  readonly state?: {
    readonly stream: { readonly stream_descriptor: { readonly name: string }; readonly stream_state: Json };
    readonly sourceStats: { readonly recordCount: number };
  };
  readonly log?: { readonly level: string; readonly message: string };
  readonly connectionStatus?: { readonly status: string; readonly message?: string };
  readonly catalog?: { readonly streams: readonly (Json & { name: string })[] };
  readonly spec?: Json;
  readonly trace?: {
    readonly type: string;
    readonly emitted_at: number;
    readonly error?: {
      readonly message: string;
      readonly internal_message: string;
      readonly stack_trace?: string;
      readonly failure_type: string;
      readonly stream_descriptor?: { readonly name: string };
    };
    readonly stream_status?: {
      readonly stream_descriptor: { readonly name: string };
      readonly status: string;
      readonly reasons?: readonly Json[];
    };
  };
}

const REPOSITORY = resolve(__dirname, '..', '..');
/** Airbyte's own schema is not part of this project; if it is next to the checkout, it is checked as well. */
const AIRBYTES_OWN = join(REPOSITORY, '..', 'shared', 'airbyte', 'airbyte_protocol.json');

const judges: readonly ValidateFunction[] = [
  new Ajv({ allErrors: true, strict: false }).compile(
    JSON.parse(readFileSync(join(__dirname, 'source-message.schema.json'), 'utf8')),
  ),
  ...(existsSync(AIRBYTES_OWN) ? [airbytesOwnJudge()] : []),
];

function airbytesOwnJudge(): ValidateFunction {
  const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false });
  const schema = JSON.parse(readFileSync(AIRBYTES_OWN, 'utf8')) as { $id: string };
  ajv.addSchema(schema);
  return ajv.compile({ $ref: `${schema.$id}#/definitions/StrictSourceMessage` });
}

/** A line of stdout, which must be a valid message. */
export function judge(line: string): SourceMessage {
  const message: unknown = JSON.parse(line);
  for (const valid of judges) {
    if (!valid(message))
      expect.fail(
        `not a message that a source may print: ${line.slice(0, 500)}\n${JSON.stringify(valid.errors?.slice(0, 5))}`,
      );
  }
  return message as SourceMessage;
}

/** A run's messages, each of them validated, with the queries tests need. */
export class Messages {
  readonly all: readonly SourceMessage[];

  constructor(lines: readonly string[]) {
    this.all = lines.map(judge);
  }

  /** The records' data of a stream, in order. */
  records(stream: string): Json[] {
    return this.all.flatMap(({ record }) => (record?.stream === stream ? [record.data] : []));
  }

  /** The states of a stream, in order. */
  states(stream: string): Json[] {
    return this.all.flatMap(({ state }) =>
      state?.stream.stream_descriptor.name === stream ? [state.stream.stream_state] : [],
    );
  }

  /** Each stream's last STATE, as the next read gets them. */
  get lastStates(): Json[] {
    const last = new Map(
      this.all.flatMap(({ state }) =>
        state === undefined ? [] : [[state.stream.stream_descriptor.name, state] as const],
      ),
    );
    return [...last.values()] as unknown as Json[];
  }

  /** The statuses of a stream, in order, without repetitions of RUNNING. */
  statuses(stream: string): string[] {
    const all = this.all.flatMap(({ trace }) =>
      trace?.stream_status?.stream_descriptor.name === stream ? [trace.stream_status.status] : [],
    );
    return all.filter((status, index) => status !== all[index - 1]);
  }

  /** What a stream said about waiting, in order. */
  rateLimits(stream: string): Json[] {
    return this.all.flatMap(({ trace }) =>
      trace?.stream_status?.stream_descriptor.name === stream ? [...(trace.stream_status.reasons ?? [])] : [],
    );
  }

  /** The TRACE ERRORs, in order. */
  get errors() {
    return this.all.flatMap(({ trace }) => (trace?.error === undefined ? [] : [trace.error]));
  }

  /** The log messages of a level. */
  logs(level: string): string[] {
    return this.all.flatMap(({ log }) => (log?.level === level ? [log.message] : []));
  }

  get connectionStatus() {
    return this.all.find(({ connectionStatus }) => connectionStatus !== undefined)?.connectionStatus;
  }

  get catalog() {
    return this.all.find(({ catalog }) => catalog !== undefined)?.catalog;
  }
}

/**
 * Checks a whole read against the protocol's rules: every stream goes STARTED, RUNNING, then COMPLETE or INCOMPLETE,
 * with its last STATE before that and no record after it; every STATE counts the records since the one before.
 */
export function checkConversation(messages: Messages, streams: readonly string[]): void {
  for (const stream of streams) {
    const statuses = messages.statuses(stream);
    expect(statuses.slice(0, -1), stream).toEqual(['STARTED', 'RUNNING']);
    expect(['COMPLETE', 'INCOMPLETE'], stream).toContain(statuses.at(-1));
    const failed = messages.errors.some((error) => error.stream_descriptor?.name === stream);
    if (failed) expect(statuses.at(-1), stream).toBe('INCOMPLETE');
    let since = 0;
    let states = 0;
    let over = false;
    let running = false;
    for (const { record, state, trace } of messages.all) {
      if (trace?.stream_status?.stream_descriptor.name === stream) {
        running ||= trace.stream_status.status === 'RUNNING';
        over ||= trace.stream_status.status.endsWith('COMPLETE');
      } else if (record?.stream === stream) {
        expect(running && !over, `a record of ${stream} outside of RUNNING`).toBe(true);
        since++;
      } else if (state?.stream.stream_descriptor.name === stream) {
        expect(over, `a STATE of ${stream} after its end`).toBe(false);
        expect(state.sourceStats.recordCount, `records of ${stream} before a STATE`).toBe(since);
        since = 0;
        states++;
      }
    }
    expect(since, `records of ${stream} after its last STATE`).toBe(0);
    expect(states, `states of ${stream}`).toBeGreaterThan(0);
  }
}
