import { setMaxListeners } from 'node:events';
import type { AirbyteConfiguredCatalog, AirbyteLogger } from 'faros-airbyte-cdk';
import type { Clock } from '../timing';
import { errorMessage } from './messages';
import type { MessageOutput } from './output';
import type { ProtocolStream, StreamState } from './stream';
import { SyncError } from './stream';
import { StreamRun } from './stream-run';

/**
 * Airbyte kills a source that sends neither a record nor a state for too long, so every stream sends a STATE at least
 * this often.
 */
const HEARTBEAT_MS = 4 * 60_000;
/** How many times per period the streams are checked. */
const BEATS = 4;

export interface ReadOptions {
  readonly catalog: AirbyteConfiguredCatalog;
  readonly states: ReadonlyMap<string, StreamState>;
  readonly streams: readonly ProtocolStream[];
  readonly output: MessageOutput;
  readonly clock: Clock;
  readonly log: AirbyteLogger;
  /** Ends the read: the streams stop and send their last states. */
  readonly signal: AbortSignal;
  readonly heartbeatMs?: number | undefined;
  readonly onRecords?: ((count: number) => void) | undefined;
}

/**
 * Reads all configured streams concurrently; resolves with whether all of them completed. Messages, statuses and states
 * come in the order Airbyte expects.
 */
export async function readStreams(options: ReadOptions): Promise<boolean> {
  const { catalog, states, streams, output, clock, log, signal, onRecords } = options;
  const ending = new AbortController();
  const ended = new AbortController();
  const endingSignal = AbortSignal.any([signal, ending.signal]);
  // Everything in progress listens for the end, with no limit on the number of listeners.
  setMaxListeners(0, signal, endingSignal);
  const runs: StreamRun[] = [];
  let complete = true;
  for (const { stream: configured, sync_mode: mode } of catalog.streams) {
    const stream = streams.find(({ name }) => name === configured.name);
    if (stream === undefined) {
      complete = false;
      output.message(errorMessage(unknownStream(configured.name, streams), clock.now(), configured.name));
    } else {
      runs.push(
        new StreamRun(stream, {
          output,
          clock,
          log,
          incoming: states.get(stream.name),
          mode,
          signal: endingSignal,
          interruption: signal,
          onEndsSync: () => ending.abort(),
          onRecords,
        }),
      );
    }
  }
  const foreign = [...states.keys()].filter((name) => !streams.some((stream) => stream.name === name));
  if (foreign.length > 0)
    log.info(`The state names streams that this connector doesn't have: ${foreign.join(', ')}; ignored`);
  const beats = heartbeat(runs, clock, options.heartbeatMs ?? HEARTBEAT_MS, ended.signal);
  const results = await Promise.all(runs.map((run) => run.read()));
  ended.abort();
  await beats;
  await output.flush();
  return complete && results.every(Boolean);
}

async function heartbeat(runs: readonly StreamRun[], clock: Clock, everyMs: number, ended: AbortSignal): Promise<void> {
  while (!ended.aborted) {
    await clock.sleep(everyMs / BEATS, ended);
    // One beat early, since the next one might be too late.
    if (!ended.aborted) await Promise.all(runs.map((run) => run.beat(everyMs - everyMs / BEATS)));
  }
}

const unknownStream = (name: string, streams: readonly ProtocolStream[]): SyncError =>
  new SyncError(
    `The catalog asks for a stream "${name}", which this connector doesn't have; it has ${streams.map((stream) => stream.name).join(', ')}.`,
    {
      failureType: 'config_error',
    },
  );
