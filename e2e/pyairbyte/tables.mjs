// Queries on the tables a sync left behind, and the answers according to the simulated Clari.

/** Column of forecast_entries → what Clari calls it in an export. */
const AMOUNTS = {
  forecastAmount: 'forecastValue',
  quotaAmount: 'quotaValue',
  adjustmentAmount: 'adjustmentValue',
  crmTotal: 'aggregationTotal',
};

const same = (name) => name;

/** The key to count a stream's rows by: its own, or one of the simulator's if it has none. */
const keyOf = ({ source_defined_primary_key: key = [] }) =>
  key.length > 0 ? key.map(([column]) => column) : ['correlationID'];

/**
 * SQL by name, for discovered streams; `columnName` is how the destination spells a column. Each row of `counts` and
 * `sums` has a name.
 */
export function queriesFor(streams, columnName = same) {
  const countOf = (stream) => {
    const columns = keyOf(stream).map(columnName).join(', ');
    return `SELECT '${stream.name}' AS name, count(*) AS n, count(DISTINCT (${columns})) AS keys FROM ${stream.name}`;
  };
  const sumOf = (column) => `coalesce(sum(${columnName(column)}), 0) AS "${column}"`;
  const [forecastId, timePeriod, jobId] = ['forecastId', 'timePeriod', 'jobId'].map(columnName);
  return {
    counts: streams.map(countOf).join(' UNION ALL '),
    sums: `SELECT ${forecastId} || ' ' || ${timePeriod} AS name, ${Object.keys(AMOUNTS).map(sumOf).join(', ')}
      FROM forecast_entries GROUP BY 1`,
    jobs: `SELECT DISTINCT ${jobId} AS id FROM forecast_entries`,
  };
}

/** The type of each column of dlt's table in DuckDB. */
export const TYPES_OF_ENTRIES = `SELECT column_name AS name, data_type AS type FROM information_schema.columns
  WHERE table_schema = 'clari' AND table_name = 'forecast_entries'`;

/** The numeric columns in a discovered stream's schema. */
export const namesOfNumbers = ({ json_schema: { properties } }) =>
  Object.keys(properties).filter((name) => properties[name].type.includes('number'));

/** Rows by name. */
export const byName = (rows) => Object.fromEntries(rows.map(({ name, ...row }) => [name, row]));

/** Amounts in cents: sums of decimals and of binary fractions differ in the last digits. */
export const inCents = (rows) => mapValues(rows, (amounts) => mapValues(amounts, (amount) => Math.round(amount * 100)));

/**
 * What `counts` and `sums` should find once these slices (`net_new 2027_Q4`), and everything since `startDate`, are in
 * the tables. `n` is left out of streams without a key: a few of their rows come twice by design.
 */
export function expectedTables({ truth }, streams, slices, startDate, now) {
  const since = `${startDate}T00:00:00Z`;
  const activities = truth.activities(since, now);
  const exports = slices.map((slice) => {
    const [forecastId, timePeriod] = slice.split(' ');
    return {
      slice,
      forecastId,
      timePeriod,
      ...truth.forecastResults(forecastId, timePeriod, { includeHistorical: true }),
    };
  });
  const distinct = (items) => new Set(items).size;
  /** How many distinct items there are in one of the exports' arrays. */
  const named = (array, id) =>
    distinct(exports.flatMap(({ slice, [array]: items }) => items.map((item) => `${slice} ${item[id]}`)));
  const sizes = {
    forecasts: () => distinct(exports.map(({ forecastId }) => forecastId)),
    forecast_entries: () => exports.flatMap(({ entries }) => entries).length,
    forecast_users: () => named('users', 'userId'),
    forecast_fields: () => named('fields', 'fieldId'),
    forecast_time_frames: () => named('timeFrames', 'timeFrameId'),
    forecast_time_periods: () =>
      distinct(
        exports.flatMap(({ forecastId, timePeriods }) =>
          timePeriods.map((each) => `${forecastId} ${each.timePeriodId}`),
        ),
      ),
    activities: () => activities.length,
    opportunities: () =>
      distinct(activities.flatMap((activity) => activity.opportunities.map((each) => each.opportunityId))),
    audit_events: () => truth.auditEvents(since, now).length,
  };
  const counts = streams.map(({ name, source_defined_primary_key: key = [] }) => {
    const size = sizes[name]?.();
    return [name, key.length > 0 ? { n: size, keys: size } : { keys: size }];
  });
  const sum = (list, name) => list.reduce((total, entry) => total + (entry[name] ?? 0), 0);
  const sums = exports.map(({ slice, entries }) => [slice, mapValues(AMOUNTS, (name) => sum(entries, name))]);
  return { counts: Object.fromEntries(counts), sums: Object.fromEntries(sums) };
}

/** The found counts, with `n` only where it is expected. */
export const comparable = (found, expected) =>
  Object.fromEntries(
    Object.entries(found).map(([name, { n, keys }]) => [
      name,
      expected[name] !== undefined && 'n' in expected[name] ? { n, keys } : { keys },
    ]),
  );

function mapValues(object, map) {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, map(value)]));
}
