import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './programs.mjs';

/** The queries in docs/answers.md by question, in the page's order. */
export function documentedQueries() {
  const page = readFileSync(join(root, 'docs', 'answers.md'), 'utf8');
  const queries = {};
  let question = '';
  for (const [, heading, sql] of page.matchAll(/^## (.*)$|^```sql\n([^`]*)^```$/gm)) {
    question = heading ?? question;
    if (sql !== undefined) queries[question] = sql;
  }
  return queries;
}
