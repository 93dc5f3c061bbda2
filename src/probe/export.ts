import { parseJob } from '../clari/contract';
import { ClariError } from '../clari/errors';
import { jobPath } from '../clari/ids';
import { Polling } from '../clari/polling';
import type { ClariJob } from '../clari/types';
import { wholeText } from '../clari/whole-text';
import { parseJson } from '../json';
import { SUBMITTED } from './documented';
import type { Facts } from './facts';
import { documentedJob, envelopeOfJob, type Questioner, refusal, wordFacts } from './questions';
import { documentedResults, resultFacts } from './results';
import { duration, size } from './rounding';
import { safeWord } from './words';

/** One status check. */
interface Check {
  readonly status: string;
  readonly afterMs: number;
}

/** How Clari answers while a job isn't visible yet. */
const NOT_VISIBLE = ['unknown_job', 'job_not_readable'];
/** Larger results aren't examined. */
const MAX_RESULT_BYTES = 256 * 1024 * 1024;

/** Exports a forecast's current quarter once, and reports how that went. */
export async function askByExport(questioner: Questioner, forecastId: string | undefined): Promise<Facts> {
  const { conversation, client, config, clock, signal, say } = questioner;
  if (forecastId === undefined) return { export: 'not asked: no forecast is configured' };
  say("This spends one export of your organization's monthly quota: the first forecast's current quarter.");
  const { typesToExport, currency, scopeId } = config;
  // The client asks for the list before an export, and remembers it: it isn't part of this question.
  await client.listForecasts({ signal }).catch(() => undefined);
  const submitted = await conversation.ask(
    { question: 'export', call: 'POST /export/forecast/{forecast}' },
    () => client.exportForecast(forecastId, undefined, { typesToExport, currency, scopeId, signal }),
    () => SUBMITTED,
  );
  if (submitted.error !== undefined) {
    if (submitted.error.landed === 'unknown')
      say('No answer to the export has come, so it may still be running: check your exports in Clari.');
    return { export: refusal(submitted.error) };
  }
  const { jobId } = submitted.value;
  const startedAt = clock.now();
  const watched = await watch(questioner, jobId);
  const facts: Facts = {
    export: 'accepted',
    exportJob: watched.envelope,
    exportStatusesInOrder: watched.checks.map(
      ({ status, afterMs }) => `${safeWord('status', status)} after ${duration(afterMs)}`,
    ),
    ...prefixed('export', wordFacts(watched.checks.map(({ status }) => status))),
    exportNotVisibleAtFirst: watched.notVisible,
  };
  const { job } = watched;
  if (job === undefined) {
    await cancel(questioner, jobId);
    return { ...facts, exportResults: `unknown: ${watched.ending}` };
  }
  const took = { exportTook: duration(clock.now() - startedAt) };
  if (job.phase !== 'succeeded') return { ...facts, ...took, exportResults: 'the job did not succeed' };
  return { ...facts, ...took, ...(await download(questioner, job)) };
}

const prefixed = (prefix: string, facts: Facts): Facts =>
  Object.fromEntries(
    Object.entries(facts).map(([name, fact]) => [prefix + name[0]?.toUpperCase() + name.slice(1), fact]),
  );

interface Watched {
  /** Undefined unless it has ended. */
  readonly job: ClariJob | undefined;
  readonly checks: readonly Check[];
  readonly notVisible: string | false;
  readonly envelope: string;
  readonly ending: string;
}

async function watch(questioner: Questioner, jobId: string): Promise<Watched> {
  const { conversation, http, config, clock, signal } = questioner;
  const waits = new Polling(clock, config.pollIntervalMs).waits();
  const startedAt = clock.now();
  const checks: Check[] = [];
  let notVisible: string | false = false;
  let envelope = 'unknown';
  const reply = await conversation.ask(
    { question: 'export, status checks', call: 'GET /export/jobs/{jobId}' },
    async () => {
      for (let check = 1; check <= config.maxPollAttempts; check++) {
        await clock.sleep(waits.next().value, signal);
        const body = await http.json({ method: 'GET', path: jobPath(jobId), jobId, signal }).catch((error: unknown) => {
          if (!(error instanceof ClariError) || !NOT_VISIBLE.includes(error.kind)) throw error;
          notVisible = `HTTP ${error.status}`;
          return undefined;
        });
        if (body === undefined) continue;
        envelope = envelopeOfJob(body);
        const job = parseJob(body);
        if (checks.at(-1)?.status !== job.status) checks.push({ status: job.status, afterMs: clock.now() - startedAt });
        if (job.phase !== 'running') return job;
      }
      return undefined;
    },
    documentedJob,
    { every: true },
  );
  const job = reply.error === undefined ? reply.value : undefined;
  const ending = reply.error === undefined ? 'the job did not end in time' : refusal(reply.error);
  return { job, checks, notVisible, envelope, ending };
}

async function download({ conversation, client, signal }: Questioner, job: ClariJob): Promise<Facts> {
  const reply = await conversation.ask(
    {
      question: 'export, results',
      call: job.downloadUrl === null ? 'GET /export/jobs/{jobId}/results' : 'GET downloadUrl',
    },
    async () => wholeText(await client.openResults(job, { signal }), MAX_RESULT_BYTES),
  );
  if (reply.error !== undefined) return { exportResults: refusal(reply.error) };
  let body: unknown;
  try {
    body = parseJson(reply.value);
  } catch {
    return { exportResults: 'no JSON' };
  }
  conversation.addBody(body, documentedResults(body));
  return { exportSize: size(Buffer.byteLength(reply.value)), exportResults: resultFacts(body) };
}

/** Cancels a job that is no longer needed, which gives its quota back. Not part of the report. */
async function cancel({ client, say }: Questioner, jobId: string): Promise<void> {
  const cancelled = await client.cancelJob(jobId, { signal: AbortSignal.timeout(CANCEL_MS) }).catch(() => false);
  say(cancelled ? 'The export was cancelled, which gives its quota back.' : 'The export could not be cancelled.');
}

/** An interrupted process has 9 s left. */
const CANCEL_MS = 5_000;
