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
import { Leftovers } from './leftovers';
import { type Lookups, lookupsOf, type ResultParts, SharedColumns } from './lookups';

export { periodsOf, RESULT_PARTS, type ResultParts } from './lookups';

/** What all rows of an export have in common. */
export interface EntryContext {
  readonly forecastId: string;
  readonly forecastName: string | null;
  /** The quarter requested, or learned from the answer. */
  readonly timePeriod: string;
  /** Null when no job was needed. */
  readonly jobId: string | null;
  /** ISO 8601. */
  readonly exportedAt: string;
}

/** A row as JSON. */
export interface EntryJson {
  readonly timePeriodId: string;
  readonly json: string;
  /** The columns that are null because Clari's value is of another type; the value is in `additionalFields`. */
  readonly nulled: readonly string[];
}

export interface EntryMapper {
  /** One entry as a row. Throws a ClariError (`unexpected_answer`) if it isn't a JSON object. */
  map(entry: unknown): ForecastEntry;
  /**
   * The same row as JSON, much faster: most of a row is shared with other rows, and that part is turned into text once.
   */
  mapToJson(entry: unknown): EntryJson;
  /** The keys seen so far that have no column; their values are in `additionalFields`. */
  readonly unknownKeys: ReadonlySet<string>;
}

/** In the listed contract an entry is about an owner as a whole, not one of their fields. */
const ALL_FIELDS = 'all';

/**
 * Turns an export's entries into rows, joining owners, fields, weeks and periods. An entry whose user, field, week or
 * period isn't in the parts still becomes a row, with nulls next to the id. A key Clari left out becomes an empty
 * string, since part of a primary key can't be null.
 */
export function createEntryMapper(parts: ResultParts, context: EntryContext): EntryMapper {
  const unknownKeys = new Set<string>();
  const lookups = lookupsOf(parts);
  const { forecastId, forecastName, timePeriod, jobId, exportedAt } = context;
  const ofExport = new SharedColumns({ forecastId, forecastName, timePeriod, jobId, exportedAt });

  const split = (entry: unknown): SplitRow => {
    if (!isObject(entry)) throw noEntry(context);
    const leftovers = new Leftovers(unknownKeys);
    const isListed =
      entry['fieldId'] === undefined &&
      (entry['ownerEmail'] !== undefined || entry['ownerName'] !== undefined || !lookups.arePublished);
    const row = isListed
      ? splitListed(entry, timePeriod, lookups, leftovers)
      : splitPublished(entry, lookups, leftovers);
    const known = isListed ? LISTED_KEYS : PUBLISHED_KEYS;
    for (const key in entry) {
      if (key === PROBABLY_CRM_TOTAL) leftovers.keepKnown(key, entry[key]);
      else if (!known.has(key)) leftovers.keep(key, entry[key]);
    }
    row.own.additionalFields = leftovers.fields;
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
      const { period, frame, owner, field, own, leftovers } = split(entry);
      const shared = `${ofExport.json},${period.json},${frame.json},${owner.json},${field.json}`;
      return {
        timePeriodId: period.columns.timePeriodId,
        json: `{${shared},${JSON.stringify(own).slice(1)}`,
        nulled: leftovers.nulled,
      };
    },
  };
}

/** A row, split into what it shares with other rows and what is its own. */
interface SplitRow {
  readonly period: SharedColumns<PeriodColumns>;
  readonly frame: SharedColumns<FrameColumns>;
  readonly owner: SharedColumns<OwnerColumns>;
  readonly field: SharedColumns<FieldColumns>;
  readonly own: OwnColumns;
  readonly leftovers: Leftovers;
}

const splitPublished = (entry: JsonObject, lookups: Lookups, leftovers: Leftovers): SplitRow => ({
  period: lookups.timePeriods.of(entry['timePeriodId'], leftovers),
  frame: lookups.timeFrames.of(entry['timeFrameId'], leftovers),
  owner: lookups.users.of(entry['userId'], leftovers),
  field: lookups.fields.of(entry['fieldId'], leftovers),
  own: publishedColumns(entry, leftovers),
  leftovers,
});

function splitListed(entry: JsonObject, timePeriod: string, lookups: Lookups, leftovers: Leftovers): SplitRow {
  const timePeriodId = leftovers.text('timePeriodId', 'timePeriod', entry['timePeriod']) ?? timePeriod;
  return {
    period: lookups.timePeriods.of(timePeriodId, leftovers),
    frame: new SharedColumns(frameColumns(timePeriodId, {}, leftovers)),
    owner: new SharedColumns(listedOwnerColumns(entry, leftovers)),
    field: new SharedColumns(fieldColumns(ALL_FIELDS, {}, leftovers)),
    own: listedColumns(entry, leftovers),
    leftovers,
  };
}

const noEntry = ({ forecastId, jobId }: EntryContext): ClariError =>
  new ClariError(
    `The results of ${jobId === null ? `the forecast "${forecastId}"` : `Clari's job ${jobId}`} hold entries that aren't JSON objects. ` +
      'Sync again later; if it happens again, contact Clari support.',
    { kind: 'unexpected_answer', jobId: jobId ?? undefined },
  );
