import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../scripts/lib/programs.mjs';
import { money, percent, signed, spanOf } from './terminal.mjs';

const LIBRARY = join(root, 'node_modules', 'chart.js', 'dist', 'chart.umd.min.js');
const fileOf = (name) => readFileSync(join(root, 'demo', 'page', name), 'utf8');

/**
 * Writes the page to `folder` as one self-contained file, and returns its path. `reports` are `reportOf`'s answers for
 * the current quarter and the one before.
 */
export function writePage(folder, { reports, attainment, syncs, tables }) {
  const [report] = reports;
  const page = join(folder, 'index.html');
  writeFileSync(
    page,
    `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>Clari forecast ${text(report.timePeriod)}</title>
<style>
${fileOf('style.css')}</style>
</head>
<body>
<main>${bodyOf(reports, attainment, syncs, tables)}
</main>
<script>${libraryText()}</script>
<script id="data" type="application/json">${JSON.stringify(chartData(reports, attainment)).replaceAll('<', '\\u003c')}</script>
<script>
${fileOf('charts.js')}</script>
</body>
</html>
`,
  );
  return page;
}

/** Chart.js with its licence, but without the link to a source map that isn't on the page. */
const libraryText = () => readFileSync(LIBRARY, 'utf8').replace(/\n\/\/# sourceMappingURL=.*/, '');

/** What `charts.js` draws. */
function chartData(reports, attainment) {
  const [{ owners }] = reports;
  return {
    byWeek: reports.map(({ weeks }, index) => ({ id: `weeks-${index}`, weeks })),
    owners: owners.map(({ name, role, commit, quota, callToQuota }) => ({
      labels: [name, role],
      amount: commit,
      quota,
      end: callToQuota === null ? 'no quota' : percent(callToQuota),
      note: callToQuota === null ? 'No quota' : `Call / quota: ${percent(callToQuota)}`,
    })),
    attainment: attainment.map(({ name, closed, quota, attainment: value }) => ({
      labels: [name],
      amount: closed,
      quota,
      end: percent(value),
      note: `Attainment: ${percent(value)}`,
    })),
    movers: moversOf(owners).map(({ name, role, before, commit, change }) => ({
      labels: [name, role],
      change,
      end: signed(change),
      note: `${signed(change)} (from ${money(before)} to ${money(commit)})`,
    })),
  };
}

/** Whose call moved since the week before, the largest move first. */
const moversOf = (owners) =>
  owners.filter(({ change }) => change).sort((a, b) => Math.abs(b.change) - Math.abs(a.change));

function bodyOf([report, before], attainment, syncs, tables) {
  const { forecastId, timePeriod, weeks, owners, managers, missing } = report;
  const newest = weeks.at(-1);
  const head = managers.find(({ isHead }) => isHead);
  const movers = moversOf(owners);
  const still = owners.filter(({ change }) => change === 0);
  const heightOf = (rows, each) => `style="height: ${rows.length * each + 70}px"`;
  return `
<header>
  <h1>${text(forecastId)}, ${text(timePeriod)}</h1>
  <p class="soft">US dollars, week from ${newest.week}. A simulated Clari, synced by source-clari into DuckDB. A week in which somebody
  entered nothing keeps that person's last call of the quarter.</p>
</header>
<ul class="tiles">
  ${tile("Reports' commit", money(head.reportsCommit), `${newest.reportsWithCall} people, no managers`)}
  ${tile("Head of sales' own call", money(head.ownCall), `${signed(head.judgement)} against the reports`)}
  ${tile('Quota', money(head.ownQuota), `own call / quota: ${percent(head.callToQuota)}`)}
  ${tile('Not submitted', missing.length, 'in scope, but no call this quarter')}
</ul>
<div class="cards">
${[report, before]
  .map(
    ({ timePeriod: quarter, weeks: rows }, index) => `<section>
  <h2>Forecast against quota by week, ${text(quarter)}</h2>
  <p class="soft">${index === 0 ? 'The quarter so far.' : 'The quarter before, to its end.'} ${text(startOf(rows))}</p>
  <div class="chart"><canvas id="weeks-${index}" role="img" aria-label="Line chart; the numbers are in the table below it"></canvas></div>
  ${numbers(rows, [
    ['Week from', ({ week }) => week],
    ["Reports' commit", ({ reportsCommit }) => money(reportsCommit)],
    ['Best case', ({ reportsBestCase }) => money(reportsBestCase)],
    ['Reports with a call', ({ reportsWithCall }) => reportsWithCall],
    ["Head's own call", ({ ownCall }) => money(ownCall)],
    ['Quota', ({ ownQuota }) => money(ownQuota)],
  ])}
</section>`,
  )
  .join('\n')}
<section>
  <h2>Call against quota by owner</h2>
  <p class="soft">Each report's commit in front of the quota. This is not attainment: the published contract sends no closed amounts, as
  far as is known.</p>
  <div class="chart" ${heightOf(owners, 44)}><canvas id="owners" role="img" aria-label="Bar chart; the numbers are in the table below it"></canvas></div>
  ${numbers(owners, [
    ['Owner', ({ name }) => name],
    ['Role', ({ role }) => role],
    ['Commit', ({ commit }) => money(commit)],
    ['Best case', ({ bestCase }) => money(bestCase)],
    ['Quota', ({ quota }) => money(quota)],
    ['Call / quota', ({ callToQuota }) => percent(callToQuota)],
  ])}
</section>
<section>
  <h2>Attainment by owner</h2>
  <p class="soft">Closed / quota, from a second simulated Clari (the same names, other numbers): one of the listed contract, which sends
  <code>crmClosed</code>. It has no weeks and no hierarchy.</p>
  <div class="chart" ${heightOf(attainment, 44)}><canvas id="attainment" role="img" aria-label="Bar chart; the numbers are in the table below it"></canvas></div>
  ${numbers(attainment, [
    ['Owner', ({ name }) => name],
    ['Closed', ({ closed }) => money(closed)],
    ['Quota', ({ quota }) => money(quota)],
    ['Attainment', ({ attainment: value }) => percent(value)],
  ])}
</section>
<section>
  <h2>Movers</h2>
  <p class="soft">How each report's commit moved since the week before.${
    still.length > 0 ? ` Not moved: ${text(still.map(({ name, role }) => `${name} (${role})`).join(', '))}.` : ''
  }</p>
  <div class="chart" ${heightOf(movers, 44)}><canvas id="movers" role="img" aria-label="Bar chart; the numbers are in the table below it"></canvas></div>
  ${numbers(owners, [
    ['Owner', ({ name }) => name],
    ['Role', ({ role }) => role],
    ['Week before', ({ before: amount }) => money(amount)],
    ['Now', ({ commit }) => money(commit)],
    ['Move', ({ change }) => signed(change)],
    ['Last call', ({ calledInWeek }) => calledInWeek],
  ])}
</section>
<section>
  <h2>Managers</h2>
  <p class="soft">A manager's own call is a judgement, not the sum of the team. The team's sum counts only people without reports of their
  own.</p>
  ${table(managers, [
    ['Manager', ({ name }) => name],
    ['Own call', ({ ownCall }) => money(ownCall)],
    ['Reports', ({ reportsCommit }) => money(reportsCommit)],
    ['Judgement', ({ judgement }) => signed(judgement)],
    ['Quota', ({ ownQuota }) => money(ownQuota)],
  ])}
  <h2 style="margin-top: 20px">Not submitted in ${text(timePeriod)}</h2>
  <p class="soft">In <code>forecast_users</code>, but without a call in <code>forecast_entries</code>.</p>
  ${table(missing, [
    ['Name', ({ name }) => name],
    ['Role', ({ role }) => role],
  ])}
</section>
<section class="wide">
  <h2>What the syncs cost</h2>
  <p class="soft">Exports count against a monthly quota of the whole organization; direct calls do not, as far as is known. The first
  direct sync still exports the quarter once, for its earlier weeks.</p>
  ${table(syncs, [
    ['Sync', ({ name }) => name],
    ['Forecast exports', ({ forecastExports }) => forecastExports.length],
    ['Activity exports', ({ activityExports }) => activityExports],
    ['Direct calls', ({ directCalls }) => directCalls],
    ['Forecast records', ({ forecastRecords }) => money(forecastRecords)],
    ['Quarters exported', ({ quarters }) => spanOf(quarters)],
  ])}
</section>
</div>
<footer>
  <p>Every number on this page agrees with what the simulated Clari knows. Rows in <code>clari.duckdb</code>, next to this page:
  ${text(
    Object.entries(tables)
      .map(([name, rows]) => `${name} ${money(rows)}`)
      .join(', '),
  )}. The SQL is in <code>demo/views.sql</code>. Charts: Chart.js (MIT).</p>
</footer>`;
}

/** Why the sum may start low. */
function startOf(weeks) {
  const [first] = weeks;
  const { reportsWithCall: all } = weeks.at(-1);
  return first.reportsWithCall < all ? `In its first week, ${first.reportsWithCall} of ${all} reports had called.` : '';
}

const tile = (label, value, note) =>
  `<li><span class="soft">${text(label)}</span><b>${text(value)}</b><span class="soft">${text(note)}</span></li>`;

const numbers = (rows, columns) => `<details><summary>Numbers</summary>${table(rows, columns)}</details>`;

function table(rows, columns) {
  const isNumber = (value) => /^[-+]?[\d,.]+( %)?$/.test(`${value ?? ''}`);
  const numeric = columns.map(([, of]) => rows.some((row) => isNumber(of(row))));
  const isDay = (value) => /^\d{4}-\d\d-\d\d$/.test(`${value}`);
  const classOf = (value, column) => (numeric[column] ? ' class="number"' : isDay(value) ? ' class="day"' : '');
  const cell = (tag, value, column) => `<${tag}${classOf(value, column)}>${text(value ?? '')}</${tag}>`;
  const line = (tag, values) => `<tr>${values.map((value, column) => cell(tag, value, column)).join('')}</tr>`;
  const titles = line(
    'th',
    columns.map(([title]) => title),
  );
  const body = rows.map((row) =>
    line(
      'td',
      columns.map(([, of]) => of(row)),
    ),
  );
  return `<div class="scroll"><table><thead>${titles}</thead><tbody>${body.join('')}</tbody></table></div>`;
}

const text = (value) =>
  `${value}`.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
