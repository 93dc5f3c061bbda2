// What is shown, queried from the warehouse. `expected.mjs` works out the same from what the simulated Clari knows.

/** Everything about one forecast in one quarter, as of its newest week, and week by week. */
export async function reportOf(warehouse, forecastId, timePeriod) {
  const values = { forecastId, timePeriod };
  const inScope = 'forecastId = $forecastId AND timePeriod = $timePeriod';
  const inNewestWeek = `${inScope} AND week = (SELECT max(week) FROM demo.owner_weeks WHERE ${inScope})`;
  const [weeks, owners, managers, missing] = [
    await warehouse.rows(
      `SELECT week, ownCall, ownQuota, reportsCommit, reportsBestCase, reportsWithCall
       FROM demo.roll_up WHERE ${inScope} AND isHead ORDER BY week`,
      values,
    ),
    await warehouse.rows(
      `SELECT ownerId, name, role, "commit", bestCase, quota, 100 * "commit" / nullif(quota, 0) AS callToQuota,
         calledInWeek, "before", change
       FROM demo.moves WHERE ${inNewestWeek} AND isLeaf AND "commit" IS NOT NULL ORDER BY "commit" DESC, ownerId`,
      values,
    ),
    await warehouse.rows(
      `SELECT ownerId, name, role, isHead, ownCall, reportsCommit, ownCall - reportsCommit AS judgement,
         ownQuota, reportsQuota, 100 * ownCall / nullif(ownQuota, 0) AS callToQuota
       FROM demo.roll_up WHERE ${inNewestWeek} ORDER BY isHead DESC, role`,
      values,
    ),
    await warehouse.rows(`SELECT ownerId, name, role FROM demo.not_submitted WHERE ${inScope} ORDER BY name`, values),
  ];
  return { forecastId, timePeriod, weeks, owners, managers, missing };
}

/** Closed amounts against quota, if Clari sends them. */
export const attainmentOf = (warehouse, forecastId, timePeriod) =>
  warehouse.rows(
    `SELECT ownerId, name, "call", closed, quota, attainment FROM demo.attainment
     WHERE forecastId = $forecastId AND timePeriod = $timePeriod ORDER BY attainment DESC, ownerId`,
    { forecastId, timePeriod },
  );

/** Whether any closed amount came with the published contract's entries. */
export async function knowsClosedAmounts(warehouse) {
  const [{ known }] = await warehouse.rows('SELECT count(crmClosed) AS known FROM forecast_entries');
  return known > 0;
}

/** How many rows each table holds. */
export async function tableCounts(warehouse, catalog) {
  const counts = {};
  for (const { stream } of catalog.streams) {
    const [{ rows }] = await warehouse.rows(`SELECT count(*) AS rows FROM ${stream.name}`);
    counts[stream.name] = rows;
  }
  return counts;
}
