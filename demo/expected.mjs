// The numbers of `report.mjs`, worked out a second way: from what the simulated Clari knows, without the connector or
// SQL. If the two disagree, the demo fails.

/** What `reportOf` must return. `at` is the time of the export, epoch ms. */
export function expectedReport(truth, forecastId, timePeriod, at) {
  const { entries, fields, users, timeFrames } = truth.forecastResults(forecastId, timePeriod, {
    includeHistorical: true,
    currency: 'USD',
    at,
  });
  const weekOf = new Map(timeFrames.map(({ timeFrameId, startDate }) => [timeFrameId, startDate]));
  const allWeeks = [...weekOf.values()].sort();
  const newest = allWeeks.at(-1);
  const nameOf = new Map(fields.map(({ fieldId, fieldName }) => [fieldId, fieldName]));
  const byWeek = entries.toSorted((a, b) => weekOf.get(a.timeFrameId).localeCompare(weekOf.get(b.timeFrameId)));

  /** An owner's last call in a field, up to a week. */
  const callUpTo = (owner, fieldName, week) =>
    byWeek.findLast(
      ({ userId, fieldId, timeFrameId, forecastValue }) =>
        userId === owner.userId &&
        nameOf.get(fieldId) === fieldName &&
        weekOf.get(timeFrameId) <= week &&
        typeof forecastValue === 'number',
    );
  const amountUpTo = (owner, fieldName, week) => callUpTo(owner, fieldName, week)?.forecastValue ?? null;
  const quotaOf = (owner) =>
    byWeek.findLast(({ userId, quotaValue }) => userId === owner.userId && typeof quotaValue === 'number')
      ?.quotaValue ?? null;
  const isParent = new Set(users.map(({ parentHierarchyId }) => parentHierarchyId));
  const leavesBelow = (role) =>
    users.flatMap((user) => {
      if (user.parentHierarchyId !== role) return [];
      return isParent.has(user.hierarchyId) ? [] : [user];
    });
  const rolesBelow = (role) => [
    role,
    ...new Set(
      users.flatMap((user) =>
        user.parentHierarchyId === role && isParent.has(user.hierarchyId) ? rolesBelow(user.hierarchyId) : [],
      ),
    ),
  ];
  const reportsOf = (manager) => rolesBelow(manager.hierarchyId).flatMap(leavesBelow);
  const managerAt = (manager, week) => {
    const reports = reportsOf(manager);
    const commits = reports.map((report) => amountUpTo(report, 'Commit', week));
    const ownCall = amountUpTo(manager, 'Commit', week);
    const reportsCommit = sum(commits);
    return {
      ownerId: manager.userId,
      name: manager.name,
      role: manager.hierarchyName,
      isHead: manager.parentHierarchyId === null,
      ownCall,
      ownQuota: quotaOf(manager),
      reportsCommit,
      reportsBestCase: sum(reports.map((report) => amountUpTo(report, 'Best Case', week))),
      reportsQuota: sum(reports.map(quotaOf)),
      reportsWithCall: commits.filter((commit) => commit !== null).length,
      judgement: minus(ownCall, reportsCommit),
      callToQuota: percentOf(ownCall, quotaOf(manager)),
    };
  };

  const managers = users.filter((user) => isParent.has(user.hierarchyId));
  const weekBefore = allWeeks.at(-2) ?? '';
  return {
    forecastId,
    timePeriod,
    weeks: allWeeks.map((week) => {
      const { ownCall, ownQuota, reportsCommit, reportsBestCase, reportsWithCall } = managerAt(
        managers.find(({ parentHierarchyId }) => parentHierarchyId === null),
        week,
      );
      return { week, ownCall, ownQuota, reportsCommit, reportsBestCase, reportsWithCall };
    }),
    owners: users
      .filter((user) => !isParent.has(user.hierarchyId) && amountUpTo(user, 'Commit', newest) !== null)
      .map((user) => {
        const commit = amountUpTo(user, 'Commit', newest);
        const before = amountUpTo(user, 'Commit', weekBefore);
        return {
          ownerId: user.userId,
          name: user.name,
          role: user.hierarchyName,
          commit,
          bestCase: amountUpTo(user, 'Best Case', newest),
          quota: quotaOf(user),
          callToQuota: percentOf(commit, quotaOf(user)),
          calledInWeek: weekOf.get(callUpTo(user, 'Commit', newest)?.timeFrameId),
          before,
          change: minus(commit, before),
        };
      })
      .sort((a, b) => b.commit - a.commit || a.ownerId.localeCompare(b.ownerId)),
    managers: managers
      .map((manager) => {
        const { reportsBestCase: _, reportsWithCall: __, ...row } = managerAt(manager, newest);
        return row;
      })
      .sort((a, b) => Number(b.isHead) - Number(a.isHead) || a.role.localeCompare(b.role)),
    missing: users
      .filter(
        ({ userId }) => !entries.some((entry) => entry.userId === userId && typeof entry.forecastValue === 'number'),
      )
      .map(({ userId, name, hierarchyName }) => ({ ownerId: userId, name, role: hierarchyName }))
      .sort((a, b) => a.name.localeCompare(b.name)),
  };
}

/** What `attainmentOf` must return. */
export const expectedAttainment = (truth, forecastId, timePeriod, at) =>
  truth
    .listedEntries(forecastId, timePeriod, { currency: 'USD', at })
    .map(({ ownerName, ownerEmail, forecastAmount, crmClosed, quotaAmount }) => ({
      ownerId: ownerEmail,
      name: ownerName,
      call: forecastAmount,
      closed: crmClosed,
      quota: quotaAmount,
      attainment: percentOf(crmClosed, quotaAmount),
    }))
    .sort((a, b) => b.attainment - a.attainment || a.ownerId.localeCompare(b.ownerId));

/** The same value with its numbers rounded to where sums taken in another order still agree. */
export const rounded = (value) =>
  JSON.parse(JSON.stringify(value, (_, each) => (typeof each === 'number' ? Math.round(each * 1000) / 1000 : each)));

/** The sum of the known values; null if there are none. */
function sum(values) {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((total, value) => total + value, 0);
}

const minus = (value, other) => (value === null || other === null ? null : value - other);
const percentOf = (value, whole) => (value === null || whole === null || whole === 0 ? null : (100 * value) / whole);
