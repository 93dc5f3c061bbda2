-- From the connector's tables to what a sales leader asks. Two rules make the numbers true:
-- * A week without an entry means there was no new call: the quarter's last call still stands.
-- * A manager's row is the manager's own call. The team's sum is the sum of those below who have no reports themselves.

CREATE SCHEMA demo;

-- Everybody in a forecast and quarter. A leaf is one whose role has nobody below it.
CREATE VIEW demo.people AS
SELECT forecastId, timePeriod, userId AS ownerId, name, hierarchyId, hierarchyName AS role, parentHierarchyId,
  NOT EXISTS (
    FROM forecast_users AS report
    WHERE report.forecastId = person.forecastId AND report.timePeriod = person.timePeriod
      AND report.parentHierarchyId = person.hierarchyId AND report.hierarchyId <> person.hierarchyId) AS isLeaf
FROM forecast_users AS person;

-- Each role with every role below it, at any depth.
CREATE VIEW demo.tree AS
WITH RECURSIVE tree AS (
  SELECT forecastId, timePeriod, parentHierarchyId AS role, hierarchyId AS below
  FROM demo.people WHERE parentHierarchyId IS NOT NULL
  UNION
  SELECT tree.forecastId, tree.timePeriod, tree.role, person.hierarchyId
  FROM tree JOIN demo.people AS person
    ON person.forecastId = tree.forecastId AND person.timePeriod = tree.timePeriod
    AND person.parentHierarchyId = tree.below)
FROM tree;

-- Each week's call, carried forward within the quarter: one row per owner, field and week, entered or not.
CREATE VIEW demo.calls AS
SELECT forecastId, timePeriod, week.startDate AS week, person.ownerId, field.fieldName,
  entry.forecastAmount AS entered,
  last_value(entry.forecastAmount IGNORE NULLS) OVER calls AS amount,
  last_value(CASE WHEN entry.forecastAmount IS NOT NULL THEN week.startDate END IGNORE NULLS) OVER calls AS calledInWeek
FROM demo.people AS person
JOIN forecast_time_frames AS week USING (forecastId, timePeriod)
JOIN forecast_fields AS field USING (forecastId, timePeriod)
LEFT JOIN forecast_entries AS entry USING (forecastId, timePeriod, timeFrameId, ownerId, fieldId)
WHERE field.fieldType = 'forecast'
WINDOW calls AS (PARTITION BY forecastId, timePeriod, person.ownerId, field.fieldId ORDER BY week.startDate);

-- The newest known quota.
CREATE VIEW demo.quotas AS
SELECT forecastId, timePeriod, ownerId, max_by(quotaAmount, timeFrameStartDate) AS quota
FROM forecast_entries WHERE quotaAmount IS NOT NULL
GROUP BY ALL;

-- One row per owner and week.
CREATE VIEW demo.owner_weeks AS
SELECT forecastId, timePeriod, call.week, ownerId, name, hierarchyId, role, parentHierarchyId, isLeaf,
  max(call.amount) FILTER (fieldName = 'Commit') AS "commit",
  max(call.amount) FILTER (fieldName = 'Best Case') AS bestCase,
  max(call.calledInWeek) FILTER (fieldName = 'Commit') AS calledInWeek,
  any_value(quota) AS quota
FROM demo.people JOIN demo.calls AS call USING (forecastId, timePeriod, ownerId)
LEFT JOIN demo.quotas USING (forecastId, timePeriod, ownerId)
GROUP BY ALL;

-- One row per manager and week: the own call next to the sum of everybody below who has no reports.
CREATE VIEW demo.roll_up AS
SELECT manager.forecastId, manager.timePeriod, manager.week, manager.ownerId, manager.name, manager.role,
  manager.parentHierarchyId IS NULL AS isHead,
  manager."commit" AS ownCall, manager.quota AS ownQuota,
  sum(report."commit") AS reportsCommit, sum(report.bestCase) AS reportsBestCase, sum(report.quota) AS reportsQuota,
  count(report."commit") AS reportsWithCall
FROM demo.owner_weeks AS manager
JOIN demo.tree
  ON tree.forecastId = manager.forecastId AND tree.timePeriod = manager.timePeriod
  AND tree.role = manager.hierarchyId
JOIN demo.owner_weeks AS report
  ON report.forecastId = manager.forecastId AND report.timePeriod = manager.timePeriod
  AND report.week = manager.week AND report.hierarchyId = tree.below AND report.isLeaf
WHERE NOT manager.isLeaf
GROUP BY ALL;

-- How each call moved since the week before.
CREATE VIEW demo.moves AS
SELECT *, lag("commit") OVER weeks AS "before", "commit" - lag("commit") OVER weeks AS change
FROM demo.owner_weeks
WINDOW weeks AS (PARTITION BY forecastId, timePeriod, ownerId ORDER BY week);

-- Who was asked and has called nothing in that quarter.
CREATE VIEW demo.not_submitted AS
SELECT forecastId, timePeriod, ownerId, name, role
FROM demo.people AS person
WHERE NOT EXISTS (
  FROM forecast_entries AS entry
  WHERE entry.forecastId = person.forecastId AND entry.timePeriod = person.timePeriod
    AND entry.ownerId = person.ownerId AND entry.forecastAmount IS NOT NULL);

-- Attainment is the closed amount divided by the quota. As far as we know, Clari's published contract sends no closed
-- amounts; the listed one does.
CREATE VIEW demo.attainment AS
SELECT forecastId, timePeriod, ownerId, ownerName AS name, forecastAmount AS "call", crmClosed AS closed,
  quotaAmount AS quota, 100 * crmClosed / nullif(quotaAmount, 0) AS attainment
FROM listed.forecast_entries;
