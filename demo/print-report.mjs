import { say } from '../scripts/lib/programs.mjs';
import { money, percent, printTable, signed } from './terminal.mjs';

/** Prints the answers of `reportOf` and `attainmentOf`. */
export function printReport({ forecastId, timePeriod, weeks, owners, managers, missing }, attainment) {
  say(`\n6. ${forecastId}, ${timePeriod}, in US dollars. A week without an entry keeps the last call of its quarter.`);
  const newest = weeks.at(-1).week;
  say('\n   Week by week: the reports together, and apart from them what the head of sales calls');
  printTable(weeks, [
    ['week from', ({ week }) => week],
    ['reports: commit', ({ reportsCommit }) => money(reportsCommit)],
    ['best case', ({ reportsBestCase }) => money(reportsBestCase)],
    ['with a call', ({ reportsWithCall }) => reportsWithCall],
    ['own call', ({ ownCall }) => money(ownCall)],
    ['quota', ({ ownQuota }) => money(ownQuota)],
  ]);
  say('\n   Managers: their own call is a judgement, not the sum of the reports');
  printTable(managers, [
    ['manager', ({ name }) => name],
    ['role', ({ role }) => role],
    ['own call', ({ ownCall }) => money(ownCall)],
    ['reports: commit', ({ reportsCommit }) => money(reportsCommit)],
    ['judgement', ({ judgement }) => signed(judgement)],
    ['quota', ({ ownQuota }) => money(ownQuota)],
    ['call / quota', ({ callToQuota }) => percent(callToQuota)],
  ]);
  say('\n   Reports: call against quota, and the move of the newest week');
  printTable(owners, [
    ['owner', ({ name }) => name],
    ['role', ({ role }) => role],
    ['commit', ({ commit }) => money(commit)],
    ['quota', ({ quota }) => money(quota)],
    ['call / quota', ({ callToQuota }) => percent(callToQuota)],
    ['move', ({ change }) => signed(change)],
    ['called', ({ calledInWeek }) => (calledInWeek === newest ? 'this week' : `week of ${calledInWeek}`)],
  ]);
  say(`\n   Not submitted in ${timePeriod}: ${missing.map(({ name, role }) => `${name} (${role})`).join(', ')}.`);
  say('\n   Attainment is closed / quota. The published contract sends no closed amounts as far as is known;');
  say("   a Clari that lists its forecasts sends crmClosed. That one's attainment:");
  printTable(attainment, [
    ['owner', ({ name }) => name],
    ['closed', ({ closed }) => money(closed)],
    ['quota', ({ quota }) => money(quota)],
    ['attainment', ({ attainment: value }) => percent(value)],
  ]);
}
