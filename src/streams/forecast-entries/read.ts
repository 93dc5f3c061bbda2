import { RESULTS_KEPT_MS } from '../../clari/entries/results';
import { dayOf } from '../../days';
import { isKind } from '../../exports/failures';
import { JobLedger } from '../../exports/ledger';
import { QuotaExhausted } from '../../exports/request';
import { newestOf } from '../../period';
import { Slots } from '../../slots';
import { nameSome, unknownKeysWarning } from '../columns';
import type { StreamContext } from '../context';
import { quotaFailure, toSyncError } from '../failures';
import type { Participant } from '../shared-read';
import { DirectCalls } from './direct';
import { type ForecastKey, forecastRequestHash, parseForecastKey, settingsOf } from './exports';
import { ForecastRead } from './forecast-read';
import type { ReadParts } from './read-parts';
import { Reader } from './reader';
import type { RowsOf, Surprises } from './rows';

/** How many results may be on disk at once: one being read, the next arriving. Clari keeps the rest for 30 days. */
const MAX_RESULTS_ON_DISK = 3;
/** How many forecasts are read at once, in addition to those whose jobs are running. */
const FORECASTS_AT_A_TIME = 4;
/** The most names in a log line. */
const MAX_NAMES = 50;

/** One read for all forecast streams of a sync: each export serves every stream that wants it. */
export async function readForecasts(
  context: StreamContext,
  participants: readonly Participant[],
  rowsOf: (stream: string) => RowsOf,
): Promise<void> {
  const ledger: JobLedger<ForecastKey> = new JobLedger(parseForecastKey, forecastRequestHash(context), async () =>
    keeper()?.checkpoint.save(),
  );
  const readers: Reader[] = [];
  // A full refresh forgets its state between attempts, so preferably an incremental stream keeps the ledger.
  const keeper = () => readers.find(({ incremental }) => incremental) ?? readers[0];
  for (const participant of participants) {
    try {
      const reader: Reader = new Reader(
        participant,
        rowsOf(participant.stream),
        settingsOf(context),
        ledger,
        dayOf(context.client.now()),
        () => reader === keeper(),
      );
      readers.push(reader);
    } catch (error) {
      participant.request.output.failure(error);
    }
  }
  const signal = participants[0]?.request.signal;
  if (readers.length === 0 || signal === undefined) return;
  // In parallel with fetching the list of forecasts.
  if (context.config.readMethod === 'export') context.pool.prepare();
  ledger.forgetBefore((await context.startedAt()) - RESULTS_KEPT_MS);
  context.pool.exclude(ledger.jobIds);
  warnOfChangedSettings(context, readers);
  await new SharedForecastRead(context, readers, ledger, signal).run();
}

function warnOfChangedSettings({ log }: StreamContext, readers: readonly Reader[]): void {
  for (const reader of readers) {
    const changed = reader.changedSettings();
    if (changed.length > 0)
      log.warn(
        `${changed.map(configKey).join(', ')} changed since the last sync: from now on ${reader.stream} is read with the new settings, but quarters that are ` +
          'final keep their old values until you clear the stream and sync again',
      );
  }
}

/** A setting by the name users know: `typesToExport` is `types_to_export`. */
const configKey = (setting: string): string => setting.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

class SharedForecastRead {
  private readonly seen: Surprises = {
    unknownKeys: new Set(),
    unknownMembers: new Set(),
    withoutPart: new Set(),
    skipped: 0,
  };
  /** Which streams were told of a failure: each quarter of a refused forecast fails with the same error. */
  private readonly told = new Map<unknown, Set<Reader>>();
  /** The slice being emitted: one at a time, so that a STATE follows its own records. */
  private emitting: Promise<unknown> = Promise.resolve();
  private quota: QuotaExhausted | undefined;
  private interruption: unknown;

  constructor(
    private readonly context: StreamContext,
    private readonly readers: readonly Reader[],
    private readonly ledger: JobLedger<ForecastKey>,
    private readonly signal: AbortSignal,
  ) {}

  async run(): Promise<void> {
    const { context, readers } = this;
    const { forecasts, failures } = await context.forecasts();
    for (const failure of failures) this.report(failure, readers);
    const places = await this.places();
    const started: Promise<ForecastRead>[] = [];
    const parts: ReadParts = {
      context,
      readers,
      ledger: this.ledger,
      signal: this.signal,
      seen: this.seen,
      diskSlots: new Slots(MAX_RESULTS_ON_DISK),
      directCalls: context.config.readMethod === 'direct' ? new DirectCalls(context) : undefined,
      currentOfOthers: async () => {
        // Makes up for the place of the forecast that waits here: the others need it.
        places.setLimit(places.size + 1);
        const named = await Promise.all(started.map(async (read) => (await read).named));
        return newestOf(named.flatMap((quarter) => quarter ?? []));
      },
      inTurn: (emit) => this.inTurn(emit),
      fail: (error, subject, wanting, isPlan) => this.fail(error, subject, wanting, isPlan),
    };
    started.push(
      ...forecasts.map(async (forecast) => {
        await places.acquire(this.signal);
        return new ForecastRead(forecast, parts);
      }),
    );
    await Promise.all(started.map(async (read) => (await read).run().finally(() => places.release())));
    this.reportSurprises();
    for (const reader of readers)
      if (this.quota !== undefined && reader.quotaWanted > 0)
        reader.output.failure(quotaFailure(this.quota, reader.quotaWanted, reader.quotaMayWantMore));
    await Promise.all(readers.map(({ checkpoint }) => checkpoint.save()));
    if (this.interruption !== undefined) throw this.interruption;
  }

  /** Enough places to keep all of Clari's slots busy; with more forecasts at once, the ledger would only grow. */
  private async places(): Promise<Slots> {
    const { config, pool } = this.context;
    if (config.readMethod === 'direct') return new Slots(FORECASTS_AT_A_TIME);
    return new Slots((await pool.concurrency()) + FORECASTS_AT_A_TIME);
  }

  private inTurn<T>(emit: () => Promise<T>): Promise<T> {
    const emitted = this.emitting.then(emit);
    this.emitting = emitted.catch(() => undefined);
    return emitted;
  }

  private fail(error: unknown, subject: string, wanting: readonly Reader[], isPlan = false): void {
    if (error instanceof QuotaExhausted) {
      this.quota = error;
      for (const reader of wanting) {
        reader.quotaWanted++;
        reader.quotaMayWantMore ||= isPlan;
      }
    } else if (isKind(error, 'aborted')) {
      this.interruption ??= error;
    } else {
      const told = this.told.get(error) ?? new Set();
      this.report(
        toSyncError(error, subject),
        wanting.filter((reader) => !told.has(reader)),
      );
      this.told.set(error, new Set([...told, ...wanting]));
    }
  }

  private report(failure: unknown, wanting: readonly Reader[]): void {
    for (const { output } of wanting) output.failure(failure);
  }

  private reportSurprises(): void {
    const { unknownKeys, unknownMembers, withoutPart, skipped } = this.seen;
    const { log } = this.context;
    const warning = unknownKeysWarning('the forecast streams', unknownKeys);
    if (warning !== undefined) log.warn(warning);
    if (unknownMembers.size > 0)
      log.warn(
        `The results contain unexpected top-level keys, which were ignored: ${nameSome([...unknownMembers], MAX_NAMES)}`,
      );
    if (withoutPart.size > 0)
      log.info(
        `Clari's results hold only entries here, so these streams have no records: ${nameSome([...withoutPart], MAX_NAMES)}`,
      );
    if (skipped > 0) log.warn(`${skipped} entries of other quarters than the ones asked for were left out`);
  }
}
