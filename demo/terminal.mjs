import { say } from '../scripts/lib/programs.mjs';

export const money = (value) => (value === null ? '' : Math.round(value).toLocaleString('en-US'));
export const percent = (value) => (value === null ? '' : `${value.toFixed(1)} %`);
export const signed = (value) => (value === null ? '' : `${value > 0 ? '+' : ''}${money(value)}`);
/** Neighbouring quarters, oldest first, as one word. */
export const spanOf = (quarters) => [...new Set([quarters.at(0), quarters.at(-1)])].join(' to ');

/** Prints rows as a table; columns are `[title, row => text]`. */
export function printTable(rows, columns) {
  const cells = rows.map((row) => columns.map(([, textOf]) => `${textOf(row) ?? ''}`));
  const widths = columns.map(([title], column) => Math.max(title.length, ...cells.map((row) => row[column].length)));
  const isNumber = columns.map((_, column) => cells.every((row) => /^$|^[-+]?[\d,.]+( %)?$/.test(row[column])));
  const line = (texts) =>
    texts
      .map((text, column) => (isNumber[column] ? text.padStart(widths[column]) : text.padEnd(widths[column])))
      .join('  ')
      .trimEnd();
  for (const row of [columns.map(([title]) => title), widths.map((width) => '─'.repeat(width)), ...cells]) {
    say(`   ${line(row)}`);
  }
}
