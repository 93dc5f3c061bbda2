import { ClariClient } from '../clari/client';
import { ClariHttp } from '../clari/http/http';
import type { ClariConfig } from '../config';
import { toSyncError } from '../streams/failures';
import type { Clock, RequestLimits } from '../timing';
import { askForAudit } from './audit';
import { Conversation } from './conversation';
import { askDirectly } from './direct';
import { askByExport } from './export';
import { type Fact, type Facts, shown } from './facts';
import { askForJobs, askForLimits, askForList, askForOpportunities, cost, type Questioner } from './questions';
import { Secrets } from './shape';

/** The version of the report's format: it goes up by one whenever the meaning of a key changes. */
const REPORT_VERSION = 1;
const DEFAULT_HOST = 'api.clari.com';

export interface ProbeOptions {
  readonly clock: Clock;
  readonly limits: RequestLimits;
  readonly userAgent: string | undefined;
  /** Ends the questions; the report then holds the answers so far. */
  readonly signal: AbortSignal;
  /** Prints a line for the person waiting. */
  readonly say: (line: string) => void;
  /** Whether one export may be spent. */
  readonly withExport: boolean;
}

/** What `probe` prints; `docs/probe.md` explains it. */
export interface ProbeReport {
  readonly probe: number;
  /** Whether the host is Clari's own. */
  readonly host: string;
  readonly contract: string;
  readonly withExport: boolean;
  /** Whether it ended early. */
  readonly interrupted: boolean;
  /** What was learned, by question. */
  readonly answers: unknown;
  /** The names of all headers received, by status. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly calls: readonly object[];
}

/**
 * Asks Clari what only a real tenant can answer, and resolves with a report of shapes: keys, types, statuses, header
 * names, rounded sizes and durations. It holds no value, name, id or date from Clari, nothing from the configuration
 * and never the key. Starts no export, or exactly one with `withExport`. Rejects with a SyncError when nothing answers
 * at all.
 */
export async function probe(config: ClariConfig, options: ProbeOptions): Promise<ProbeReport> {
  const { clock, limits, userAgent, signal, say, withExport } = options;
  const { apiKey, baseUrl, forecastIds, opportunityIds, scopeId, pollIntervalMs } = config;
  const secrets = new Secrets([apiKey, ...forecastIds, ...opportunityIds, ...(scopeId === undefined ? [] : [scopeId])]);
  const conversation = new Conversation(clock, secrets);
  const connection = { apiKey, baseUrl, limits, clock, userAgent, onAnswer: conversation.observe };
  const http = new ClariHttp(connection);
  const client = new ClariClient({ ...connection, pollIntervalMs });
  const questioner: Questioner = { conversation, http, client, config, clock, signal, say };
  const answers: Record<string, Fact> = {};

  /** Records the answer to a question. A defect in the connector costs only that answer, not the report. */
  const learn = async (what: string, ask: () => Promise<Facts>): Promise<void> => {
    if (signal.aborted) {
      answers[what] ??= 'not asked: interrupted';
      return;
    }
    try {
      Object.assign(answers, await ask());
    } catch (error) {
      answers[what] = 'failed in the connector';
      // The error's message may quote data, which must not be passed on by mistake.
      say(
        `The question of the ${what} failed in the connector itself (${error instanceof Error ? error.name : 'error'}).`,
      );
    }
  };

  const list = await askForList(questioner);
  Object.assign(answers, list.facts);
  if (!conversation.isAnswered && conversation.lastFailure !== undefined && !signal.aborted)
    throw toSyncError(conversation.lastFailure);
  let before: Awaited<ReturnType<typeof askForLimits>>['limits'];
  await learn('limits', async () => {
    const { facts, limits } = await askForLimits(questioner);
    before = limits;
    return facts;
  });
  await learn('jobsList', () => askForJobs(questioner));
  await learn('directCall', () => askDirectly(questioner, list.forecastId));
  await learn('audit', () => askForAudit(questioner));
  await learn('opportunities', () => askForOpportunities(questioner));
  let between = before;
  await learn('exportsSpentByCalls', async () => {
    if (before === undefined) return { exportsSpentByCalls: 'unknown' };
    ({ limits: between } = await askForLimits(questioner, 'limits, after all that'));
    return { exportsSpentByCalls: cost(before, between), jobsStartedByCalls: between?.jobIds !== before.jobIds };
  });
  if (withExport) {
    await learn('export', () => askByExport(questioner, list.forecastId));
    // Now there is a job to see.
    await learn('jobsList', () => askForJobs(questioner, ', after the export'));
    await learn('exportsSpentByExport', async () => {
      if (between === undefined) return { exportsSpentByExport: 'unknown' };
      const { limits: after } = await askForLimits(questioner, 'limits, after the export');
      return { exportsSpentByExport: cost(between, after) };
    });
  }
  if (conversation.lastFailure?.kind === 'invalid_key')
    say('Clari rejected the API key, so the report says little. Correct "api_key" and probe again.');
  return {
    probe: REPORT_VERSION,
    host: new URL(baseUrl).hostname === DEFAULT_HOST ? DEFAULT_HOST : 'other',
    contract: list.contract,
    withExport,
    interrupted: signal.aborted,
    answers: shown({ ...answers, ...conversation.describeTraffic() }, secrets),
    headers: conversation.describeHeaders(),
    calls: conversation.describeCalls(),
  };
}
