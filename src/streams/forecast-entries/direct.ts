import { DocumentError, SpooledDocument } from '../../exports/document';
import { downloadFailure, isKind } from '../../exports/failures';
import type { ExportHandle, OpenExport } from '../../exports/request';
import type { Quarter } from '../../period';
import type { StreamContext } from '../context';
import { describe, expectResults, type ForecastExports } from './exports';

/** How often a quarter is requested in all while its answers are broken. */
const MAX_TRIES = 3;

/**
 * Reads quarters by Clari's direct call, which starts no job and, to our knowledge, costs no quota. Clari's document
 * mentions it without listing it: if Clari refuses the first such call, exports replace all of them. If it refuses a
 * later one, an export replaces that one.
 */
export class DirectCalls {
  /** Whether Clari answers direct calls; settled by the first one. */
  private answered: Promise<boolean> | undefined;

  constructor(private readonly context: StreamContext) {}

  /** The latest week of a forecast's quarter; null = the current quarter. */
  start(forecastId: string, timePeriod: Quarter | null, exports: ForecastExports, mayChange: boolean): ExportHandle {
    const { context } = this;
    let instead: ExportHandle | undefined;
    let opened: Promise<OpenExport> | undefined;
    const useExport = () => {
      instead ??= exports.start(timePeriod, mayChange);
      return instead;
    };
    const isFirst = this.answered === undefined;
    let settle: (answers: boolean) => void = () => undefined;
    this.answered ??= new Promise((resolve) => {
      settle = resolve;
    });
    const { answered } = this;
    const open = async (): Promise<OpenExport> => {
      if (instead !== undefined) return instead.open();
      try {
        const results = await this.read(forecastId, timePeriod, exports);
        settle(true);
        return results;
      } catch (error) {
        if (!isRefusal(error)) {
          settle(true);
          throw error;
        }
        const why = error instanceof Error ? error.message : String(error);
        context.log.warn(
          isFirst
            ? `Clari does not answer direct calls, so exports are used instead: ${why}`
            : `Clari does not answer the direct call for ${describe(forecastId, timePeriod)}, so it is exported instead: ${why}`,
        );
        settle(false);
        return useExport().open();
      }
    };
    const done = isFirst ? Promise.resolve() : answered.then(async (works) => (works ? undefined : useExport().done));
    done.catch(() => undefined); // handled where it is awaited
    const release = async () => {
      const results = await opened?.catch(() => undefined); // handled where it was opened
      opened = undefined;
      await results?.document.dispose();
      await instead?.release();
    };
    return {
      done,
      get adopted() {
        return instead?.adopted ?? false;
      },
      open: () => {
        opened ??= open();
        opened.catch(() => undefined); // handled where it is awaited
        return opened;
      },
      release,
      dispose: async () => {
        settle(true);
        await release();
        await instead?.dispose();
      },
    };
  }

  private async read(forecastId: string, timePeriod: Quarter | null, exports: ForecastExports): Promise<OpenExport> {
    const { client, clock, signal, secondTryMs } = this.context;
    for (let tries = 1; ; tries++) {
      try {
        const { body, answeredAt } = await client.openForecast(forecastId, timePeriod, { ...exports.options, signal });
        const document = await SpooledDocument.spool(body, expectResults);
        return { jobId: null, exportedAt: new Date(answeredAt).toISOString(), document };
      } catch (error) {
        const failure = downloadFailure(error, `the direct call for ${describe(forecastId, timePeriod)}`);
        const mayPass = isKind(failure, 'broken_results', 'network', 'timeout', 'server_error');
        if (!mayPass || tries >= MAX_TRIES) throw failure;
        await clock.sleep(secondTryMs, signal);
      }
    }
  }
}

/** Clari has no such call, or doesn't allow it: 404, 403, or something that isn't a forecast's results. */
const isRefusal = (error: unknown): boolean =>
  isKind(error, 'no_such_path', 'forbidden', 'unexpected_answer') ||
  // Results that break off may be whole the next time.
  (isKind(error, 'broken_results') && !isCutShort(error.cause)) ||
  (isKind(error, 'unknown_forecast') && error.status === 404);

const isCutShort = (cause: unknown): boolean => cause instanceof DocumentError && cause.kind === 'truncated';
