import { isObject, type JsonObject } from '../../json';
import { ClariError } from '../errors';
import type { ForecastEntry } from '../types';
import {
  type FieldColumns,
  type FrameColumns,
  fieldColumns,
  frameColumns,
  LISTED_KEYS,
  listedColumns,
  listedOwnerColumns,
  type OwnColumns,
  type OwnerColumns,
  type PeriodColumns,
  PROBABLY_CRM_TOTAL,
  PUBLISHED_KEYS,
  publishedColumns,
} from './columns';
import { Extra } from './leftovers';
import { type Joins, joinsOf, type ResultParts, Shared } from './lookups';

export { periodsOf, type ResultParts } from './lookups';

/** What every row of one export has in common. */
export interface EntryContext {
  readonly forecastId: string;
  readonly forecastName: string | null;
  /** The quarter asked for, or learned from the answer. */
  readonly timePeriod: string;
  /** Null for the direct call, which has no job. */
  readonly jobId: string | null;
  /** ISO 8601. */
  readonly exportedAt: string;
}

export interface EntryMapper {
  /** One entry as a row. Throws a ClariError (`unexpected_answer`) for what is no JSON object. */
  map(entry: unknown): ForecastEntry;
  /** The same row as JSON, much faster: most of a row is what it shares with others, and that is turned into text once. */
  mapToJson(entry: unknown): { readonly timePeriodId: string; readonly json: string };
  /** The keys met so far that have no column; their values are in `additionalFields`. */
  readonly unknownKeys: ReadonlySet<string>;
}

/** In the listed contract an entry is a whole owner, not one field of theirs. */
const ALL_FIELDS = 'all';

/**
 * Turns the entries of one export into rows, joining owners, fields, weeks and periods. An entry whose user, field, week or period isn't in the parts is a row
 * all the same, with nulls beside the id. A key that Clari left out is an empty text, since a part of a primary key can't be null.
 */
export function createEntryMapper(parts: ResultParts, context: EntryContext): EntryMapper {
  const unknownKeys = new Set<string>();
  const joins = joinsOf(parts);
  const { forecastId, forecastName, timePeriod, jobId, exportedAt } = context;
  const ofExport = new Shared({ forecastId, forecastName, timePeriod, jobId, exportedAt });

  const split = (entry: unknown): SplitRow => {
    if (!isObject(entry)) throw noEntry(jobId);
    const extra = new Extra(unknownKeys);
    const isListed =
      entry['fieldId'] === undefined &&
      (entry['ownerEmail'] !== undefined || entry['ownerName'] !== undefined || !joins.arePublished);
    const row = isListed ? splitListed(entry, timePeriod, joins, extra) : splitPublished(entry, joins, extra);
    const known = isListed ? LISTED_KEYS : PUBLISHED_KEYS;
    for (const key in entry) {
      if (key === PROBABLY_CRM_TOTAL) extra.keepKnown(key, entry[key]);
      else if (!known.has(key)) extra.keep(key, entry[key]);
    }
    row.own.additionalFields = extra.fields;
    return row;
  };

  return {
    unknownKeys,
    map(entry) {
      const { period, frame, owner, field, own } = split(entry);
      return {
        ...ofExport.columns,
        ...period.columns,
        ...frame.columns,
        ...owner.columns,
        ...field.columns,
        ...own,
      };
    },
    mapToJson(entry) {
      const { period, frame, owner, field, own } = split(entry);
      const shared = `${ofExport.json},${period.json},${frame.json},${owner.json},${field.json}`;
      return { timePeriodId: period.columns.timePeriodId, json: `{${shared},${JSON.stringify(own).slice(1)}` };
    },
  };
}

/** A row, as what it shares with others and what it alone holds. */
interface SplitRow {
  readonly period: Shared<PeriodColumns>;
  readonly frame: Shared<FrameColumns>;
  readonly owner: Shared<OwnerColumns>;
  readonly field: Shared<FieldColumns>;
  readonly own: OwnColumns;
}

const splitPublished = (entry: JsonObject, joins: Joins, extra: Extra): SplitRow => ({
  period: joins.timePeriods.of(entry['timePeriodId'], extra),
  frame: joins.timeFrames.of(entry['timeFrameId'], extra),
  owner: joins.users.of(entry['userId'], extra),
  field: joins.fields.of(entry['fieldId'], extra),
  own: publishedColumns(entry, extra),
});

function splitListed(entry: JsonObject, timePeriod: string, joins: Joins, extra: Extra): SplitRow {
  const timePeriodId = extra.text('timePeriod', entry['timePeriod']) ?? timePeriod;
  return {
    period: joins.timePeriods.of(timePeriodId, extra),
    frame: new Shared(frameColumns(timePeriodId, {})),
    owner: new Shared(listedOwnerColumns(entry, extra)),
    field: new Shared(fieldColumns(ALL_FIELDS, {})),
    own: listedColumns(entry, extra),
  };
}

const noEntry = (jobId: string | null): ClariError =>
  new ClariError(
    `The results of Clari's ${jobId === null ? 'forecast' : `job ${jobId}`} hold entries that are no JSON objects. Sync again later; if it stays so, tell Clari the job's id.`,
    {
      kind: 'unexpected_answer',
      jobId: jobId ?? undefined,
    },
  );
