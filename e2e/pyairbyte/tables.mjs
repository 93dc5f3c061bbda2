// What is asked of the tables that a sync left behind, and what the simulated Clari knows of it.

const KEYS = {
  forecasts: ['forecastId'],
  forecast_entries: ['forecastId', 'timePeriodId', 'timeFrameId', 'ownerId', 'fieldId'],
  activities: ['activityId'],
  opportunities: ['id'],
  // A key of the simulator's: Clari promises none.
  audit_events: ['correlationID'],
};

/** Column of forecast_entries → what Clari calls it in an export. */
const AMOUNTS = {
  forecastAmount: 'forecastValue',
  quotaAmount: 'quotaValue',
  adjustmentAmount: 'adjustmentValue',
  crmTotal: 'aggregationTotal',
};

export const STREAMS = Object.keys(KEYS).sort();

const countOf = (stream) =>
  `SELECT '${stream}' AS name, count(*) AS n, count(DISTINCT (${KEYS[stream].join(', ')})) AS keys FROM ${stream}`;
const sumOf = (column) => `coalesce(sum(${column}), 0) AS "${column}"`;

/** Their rows have a name each, but for those of `jobs`. */
export const QUERIES = {
  counts: STREAMS.map(countOf).join(' UNION ALL '),
  sums: `SELECT forecastId || ' ' || timePeriod AS name, ${Object.keys(AMOUNTS).map(sumOf).join(', ')}
    FROM forecast_entries GROUP BY ALL`,
  jobs: 'SELECT DISTINCT jobId AS id FROM forecast_entries',
};

/** Rows by their name. */
export const byName = (rows) => Object.fromEntries(rows.map(({ name, ...row }) => [name, row]));

/** Amounts in cents: sums of decimals and of binary fractions differ far behind the point. */
export const inCents = (rows) => mapValues(rows, (amounts) => mapValues(amounts, (amount) => Math.round(amount * 100)));

/** What `counts` and `sums` should find after a first read of these slices (`net_new 2027_Q4`), and from that day on. */
export function expectedTables({ truth }, slices, startDate) {
  const since = `${startDate}T00:00:00Z`;
  const activities = truth.activities(since, Date.now());
  const entries = Object.fromEntries(
    slices.map((slice) => [slice, truth.forecastResults(...slice.split(' '), { includeHistorical: true }).entries]),
  );
  const counts = {
    forecasts: new Set(slices.map((slice) => slice.split(' ')[0])).size,
    forecast_entries: Object.values(entries).flat().length,
    activities: activities.length,
    opportunities: new Set(activities.flatMap((activity) => activity.opportunities.map((o) => o.opportunityId))).size,
    audit_events: truth.auditEvents(since, Date.now()).length,
  };
  const sum = (list, name) => list.reduce((total, entry) => total + (entry[name] ?? 0), 0);
  return {
    counts: mapValues(counts, (n) => ({ n, keys: n })),
    sums: mapValues(entries, (list) => mapValues(AMOUNTS, (name) => sum(list, name))),
  };
}

/** How many events share the newest one's instant. Events have no key, and these are read again by the next sync rather than lost. */
export function newestEvents({ truth }, startDate) {
  const times = truth.auditEvents(`${startDate}T00:00:00Z`, Date.now()).map(({ eventTimestamp }) => eventTimestamp);
  const newest = times.toSorted().at(-1);
  return times.filter((time) => time === newest).length;
}

function mapValues(object, map) {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, map(value)]));
}
