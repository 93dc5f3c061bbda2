// What each answer must be, worked out from what the simulated Clari knows, without SQL.

const MEASURES = { quota: 'quotaValue', adjustment: 'adjustmentValue' };
const cents = (amount) => (amount == null ? null : Math.round(amount * 100));
// A little more than the ratio, so that halves round the same way whatever the last bit is.
const ratio = (top, bottom) => (top == null || !bottom ? null : Math.round((top / bottom) * 1e6 + 0.001));
const sum = (numbers) => numbers.reduce((total, each) => total + each, 0);
const key = (...parts) => parts.join(' ');

/**
 * The answers by name, each an object: key → values, amounts in cents and ratios in millionths, as `found` makes them
 * from rows.
 *
 * @param loads In order: {day, slices: [{forecastId, quarter, results}]}, `results` the five arrays of that day.
 * @param append Whether the table keeps what later loads replaced.
 */
export function expectedAnswers(loads, { currentQuarter, closedField, append }) {
  const world = new World(loads);
  const today = loads.at(-1).day;
  const isOver = (period) => period.endDate < today;
  const isNow = (period) => period.startDate <= today && today <= period.endDate;
  const series = world.series();
  const answers = {
    current_forecast: {},
    forecast_changes: {},
    forecast_accuracy: {},
    quota_attainment: {},
    submission_status: {},
    owner_hierarchy: {},
    manager_rollup: {},
    forecast_snapshots: snapshots(world, append),
  };

  for (const one of series) {
    const { tab, owner, fieldId, fieldType, period, entered } = one;
    if (fieldType === 'quota') continue;
    const id = key(tab.forecastId, period.timePeriodId, owner.userId, fieldId);
    const latest = entered.at(-1);
    const { quota, closed } = world.targets(tab, period, owner, closedField);
    if (latest && tab.quarter === currentQuarter && world.isCurrent(tab, owner)) {
      const adjusts = fieldType === 'adjustment';
      answers.current_forecast[id] = [
        adjusts ? null : cents(latest.amount),
        cents(adjusts ? latest.amount : latest.entry.adjustmentValue),
        cents(quota),
        cents(closed),
        latest.week,
      ];
    }
    for (const week of one.weekly) {
      const change = week.previous === null ? null : week.amount - week.previous;
      const values = [cents(week.amount), cents(change), week.carried];
      answers.forecast_changes[key(id, week.frame)] = [...values, rankOf(series, one, week, change)];
      if (fieldType === 'adjustment' || !isOver(period)) continue;
      const ended = closed ?? latest.amount;
      const [bias, error] = [week.amount - ended, Math.abs(week.amount - ended)];
      answers.forecast_accuracy[key(id, week.frame)] = [
        ...[week.week, cents(week.amount), cents(ended), closed == null ? 'last call' : 'closed'],
        ...[cents(bias), ratio(bias, Math.abs(ended)), cents(error), ratio(error, Math.abs(ended))],
      ];
    }
    if (isNow(period) && fieldType === 'forecast' && world.isCurrent(tab, owner)) {
      const week = world.weeks(tab, period).at(-1);
      const status = latest === undefined ? 'never' : latest.week === week.week ? 'submitted' : 'missing';
      const missed = world.weeks(tab, period).filter((each) => each.week > (latest?.week ?? 0));
      const since = { submitted: null, missing: missed[0]?.startDate ?? null, never: period.startDate }[status];
      const behind = latest === undefined ? null : week.week - latest.week;
      const updated = world.live.find((row) => row.series === id && row.week === week.week)?.entry.isUpdated ?? false;
      answers.submission_status[id] = [status, updated, week.week, behind, since];
    }
  }

  for (const tab of world.tabs) {
    for (const owner of tab.owners) {
      const managers = world.managersOf(tab, owner);
      const names = [owner, ...managers].map((each) => each.hierarchyName).reverse();
      const current = world.isCurrent(tab, owner);
      const manager = managers.slice(0, 1).find((each) => world.isCurrent(tab, each))?.userId ?? null;
      answers.owner_hierarchy[key(tab.forecastId, tab.quarter, owner.userId)] = [
        ...[managers.length, names.join(' > '), manager, current, typeOf(owner)],
      ];
      for (const period of tab.periods) {
        const { quota, closed, total } = world.targets(tab, period, owner, closedField);
        if (quota == null && closed == null) continue;
        answers.quota_attainment[key(tab.forecastId, period.timePeriodId, owner.userId)] = [
          ...[cents(quota), cents(closed), ratio(closed, quota)],
          ...[quota == null || closed == null ? null : cents(quota - closed), cents(total), ratio(total, quota)],
        ];
      }
      if (typeOf(owner) === 'manager' && current) rollUp(world, tab, owner, series, answers.manager_rollup);
    }
  }
  return answers;
}

/** How an answer's rows are compared: what makes a row's key, and what is compared with the truth. */
const COLUMNS_OF = {
  current_forecast: ['call_amount $', 'adjustment_amount $', 'quota_amount $', 'closed_amount $', 'week_number'],
  forecast_changes: ['call_amount $', 'change_amount $', 'is_carried_forward', 'mover_rank'],
  forecast_accuracy: [
    ...['week_number', 'call_amount $', 'ended_amount $', 'ended_basis'],
    ...['bias_amount $', 'bias_ratio %', 'error_amount $', 'error_ratio %'],
  ],
  quota_attainment: [
    ...['quota_amount $', 'closed_amount $', 'attainment_ratio %', 'gap_amount $', 'crm_total $', 'coverage_ratio %'],
  ],
  submission_status: ['status', 'is_updated', 'week_number', 'weeks_since_submission', 'missing_since_date'],
  owner_hierarchy: ['depth', 'path', 'manager_owner_id', 'is_current_owner', 'owner_type'],
  manager_rollup: ['own_call_amount $', 'direct_reports', 'direct_reports_amount $', 'reps', 'reps_amount $'],
  forecast_snapshots: ['amount $', 'change_amount $'],
};

const KEYS = ['snapshot_date', 'forecast_id', 'time_period_id', 'owner_id', 'field_id', 'time_frame_id'];
const KEYS_OF = {
  current_forecast: KEYS.slice(1, 5),
  forecast_changes: KEYS.slice(1),
  forecast_accuracy: KEYS.slice(1),
  quota_attainment: KEYS.slice(1, 4),
  submission_status: KEYS.slice(1, 5),
  owner_hierarchy: ['forecast_id', 'time_period', 'owner_id'],
  manager_rollup: KEYS.slice(1, 5),
  forecast_snapshots: KEYS.slice(0, 5),
};

/** An answer's rows, in the form of `expectedAnswers`. */
export const found = (name, rows) =>
  Object.fromEntries(
    rows.map((row) => [
      key(...KEYS_OF[name].map((column) => row[column])),
      COLUMNS_OF[name].map((spec) => {
        const [column, unit] = spec.split(' ');
        return unit === '$' ? cents(row[column]) : unit === '%' ? ratio(row[column], 1) : row[column];
      }),
    ]),
  );

/** All loads combined, as a deduplicated table would hold them. */
class World {
  constructor(loads) {
    const tabs = new Map();
    const rows = new Map();
    this.all = [];
    loads.forEach(({ day, slices }, load) => {
      for (const { forecastId, quarter, results } of slices) {
        const tab = tabs.get(key(forecastId, quarter)) ?? newTab(forecastId, quarter);
        tabs.set(key(forecastId, quarter), tab);
        tab.load = load;
        for (const user of results.users) tab.users.set(user.userId, { ...user, load });
        for (const field of results.fields) tab.fields.set(field.fieldId, field);
        for (const frame of results.timeFrames) tab.frames.set(frame.timeFrameId, frame);
        for (const period of results.timePeriods) tab.timePeriods.set(period.timePeriodId, period);
        for (const entry of results.entries) {
          const { timePeriodId, timeFrameId, userId, fieldId } = entry;
          tab.called.add(key(timePeriodId, timeFrameId));
          tab.readIn.set(timeFrameId, load);
          const series = key(forecastId, timePeriodId, userId, fieldId);
          const amount = entry[MEASURES[tab.fields.get(fieldId).fieldType] ?? 'forecastValue'] ?? null;
          const row = { tab, entry, load, day, series, amount, frame: timeFrameId };
          rows.set(key(series, timeFrameId), row);
          this.all.push(row);
        }
      }
    });
    this.tabs = [...tabs.values()];
    for (const tab of this.tabs) {
      const byStart = [...tab.frames.values()].sort((a, b) => (a.startDate < b.startDate ? -1 : 1));
      tab.weeks = byStart.map((frame, index) => ({ ...frame, frame: frame.timeFrameId, week: index + 1 }));
      tab.weekOf = new Map(tab.weeks.map(({ frame, week }) => [frame, week]));
      tab.owners = [...tab.users.values()];
      tab.periods = [...tab.timePeriods.values()];
    }
    this.rows = [...rows.values()];
    for (const row of this.all) row.week = row.tab.weekOf.get(row.frame);
    const left = ({ tab, entry }) => tab.users.get(entry.userId).load < tab.load;
    this.live = this.rows.filter((row) => row.load === row.tab.readIn.get(row.frame) || left(row));
    this.live.sort((a, b) => a.week - b.week);
    for (const tab of this.tabs) {
      for (const owner of tab.owners) {
        const called = this.live.filter(
          (row) => row.tab === tab && row.entry.userId === owner.userId && row.amount !== null && !isQuota(row),
        );
        owner.weeks = called.map(({ week }) => week);
      }
    }
  }

  /** In the newest list of users, with no other role of that person that began after this one's last entry. */
  isCurrent(tab, owner) {
    const others = tab.owners.filter((each) => each.crmId === owner.crmId && each !== owner);
    const last = Math.max(...owner.weeks);
    return owner.load === tab.load && !others.some((other) => Math.min(...other.weeks) > last);
  }

  /** The weeks of a period: all of a quarter's; of a month's those with a day in it, and those with entries. */
  weeks(tab, period) {
    if (period.type === 'quarter') return tab.weeks;
    return tab.weeks.filter(
      ({ frame, startDate, endDate }) =>
        (startDate <= period.endDate && endDate >= period.startDate) || tab.called.has(key(period.timePeriodId, frame)),
    );
  }

  series() {
    return this.tabs.flatMap((tab) =>
      tab.periods.flatMap((period) =>
        tab.owners.flatMap((owner) =>
          [...tab.fields.values()].map(({ fieldId, fieldType }) => {
            const id = key(tab.forecastId, period.timePeriodId, owner.userId, fieldId);
            const entered = this.live.filter((row) => row.series === id && row.amount !== null);
            return {
              tab,
              period,
              owner,
              fieldId,
              fieldType,
              entered,
              weekly: this.#weekly(tab, period, owner, entered),
            };
          }),
        ),
      ),
    );
  }

  #weekly(tab, period, owner, entered) {
    const until = this.isCurrent(tab, owner) ? Number.POSITIVE_INFINITY : Math.max(...owner.weeks);
    const weekly = [];
    for (const { frame, week } of this.weeks(tab, period)) {
      const own = entered.find((row) => row.frame === frame);
      const previous = weekly.at(-1)?.amount ?? null;
      if (week > until || (own === undefined && previous === null)) continue;
      weekly.push({ frame, week, previous, amount: own?.amount ?? previous, carried: own === undefined });
    }
    return weekly;
  }

  targets(tab, period, owner, closedField) {
    const own = this.live.filter(
      ({ tab: its, entry }) =>
        its === tab && entry.timePeriodId === period.timePeriodId && entry.userId === owner.userId,
    );
    const newest = (fieldId, name) =>
      own.filter(({ entry }) => entry.fieldId === fieldId && entry[name] != null).at(-1)?.entry[name];
    const fields = [...tab.fields.values()];
    const quotaField = fields.find(({ fieldType }) => fieldType === 'quota');
    const totals = fields.map(({ fieldId }) => newest(fieldId, 'aggregationTotal')).filter((total) => total != null);
    return {
      quota: newest(quotaField?.fieldId, 'quotaValue') ?? null,
      closed: newest(closedField, 'forecastValue') ?? null,
      total: totals.length > 0 ? Math.max(...totals) : null,
    };
  }

  /** Nearest first; who shares a role with somebody who left is named instead of them. */
  managersOf(tab, owner) {
    const holders = tab.owners.filter((each) => each.hierarchyId === owner.parentHierarchyId);
    const manager = holders.find((each) => this.isCurrent(tab, each)) ?? holders[0];
    return manager === undefined ? [] : [manager, ...this.managersOf(tab, manager)];
  }
}

const newTab = (forecastId, quarter) => ({
  ...{ forecastId, quarter, users: new Map(), fields: new Map() },
  ...{ frames: new Map(), timePeriods: new Map() },
  // Which weeks of which periods have entries, and the load in which each week was last read.
  ...{ called: new Set(), readIn: new Map() },
});

const isQuota = ({ tab, entry }) => tab.fields.get(entry.fieldId).fieldType === 'quota';
const typeOf = (owner) => ({ MGR: 'manager', REP: 'rep' })[JSON.parse(owner.scopeId).userType];

/** 1 for the biggest move of a week in a field, managers and reps ranked separately. */
function rankOf(series, one, week, change) {
  if (change === null) return null;
  const rivals = series.filter(
    (other) =>
      other.tab === one.tab &&
      other.period === one.period &&
      other.fieldId === one.fieldId &&
      typeOf(other.owner) === typeOf(one.owner),
  );
  const moves = rivals.flatMap(({ weekly }) => weekly.filter(({ frame }) => frame === week.frame));
  const bigger = moves.filter(
    (move) => cents(Math.abs(move.amount - (move.previous ?? move.amount))) > cents(Math.abs(change)),
  );
  return bigger.length + 1;
}

function rollUp(world, tab, manager, series, rolledUp) {
  const calls = series.filter(
    (one) =>
      one.tab === tab && one.fieldType === 'forecast' && one.entered.length > 0 && world.isCurrent(tab, one.owner),
  );
  const amountOf = (one) => one.entered.at(-1).amount;
  const staff = tab.owners.filter((each) => world.isCurrent(tab, each));
  const manages = (owner) => staff.some((each) => each.parentHierarchyId === owner.hierarchyId);
  for (const { timePeriodId } of tab.periods) {
    for (const fieldId of tab.fields.keys()) {
      const ofField = calls.filter((one) => one.fieldId === fieldId && one.period.timePeriodId === timePeriodId);
      const below = ofField.filter((one) => world.managersOf(tab, one.owner).includes(manager));
      if (below.length === 0) continue;
      const direct = below.filter(({ owner }) => owner.parentHierarchyId === manager.hierarchyId);
      const reps = below.filter(({ owner }) => typeOf(owner) !== 'manager' && !manages(owner));
      const own = ofField.find(({ owner }) => owner === manager);
      rolledUp[key(tab.forecastId, timePeriodId, manager.userId, fieldId)] = [
        own === undefined ? null : cents(amountOf(own)),
        direct.length,
        direct.length > 0 ? cents(sum(direct.map(amountOf))) : null,
        reps.length,
        reps.length > 0 ? cents(sum(reps.map(amountOf))) : null,
      ];
    }
  }
}

/** Each day as the last load of it left it, week by week. */
function snapshots(world, append) {
  const rows = append ? world.all : world.rows;
  const weekOf = ({ day, tab, frame }) => key(day, tab.forecastId, tab.quarter, frame);
  const lastLoads = new Map();
  for (const row of rows) lastLoads.set(weekOf(row), Math.max(row.load, lastLoads.get(weekOf(row)) ?? 0));
  const latest = new Map();
  for (const row of rows.filter((each) => each.amount !== null && each.load === lastLoads.get(weekOf(each)))) {
    const id = key(row.day, row.series);
    if (row.week > (latest.get(id)?.week ?? 0)) latest.set(id, row);
  }
  const byDay = [...latest.values()].sort((a, b) => (a.day < b.day ? -1 : 1));
  const before = new Map();
  const answer = {};
  for (const row of byDay) {
    const previous = before.get(row.series);
    const change = previous === undefined ? null : cents(row.amount - previous);
    answer[key(row.day, row.series)] = [cents(row.amount), change];
    before.set(row.series, row.amount);
  }
  return answer;
}
