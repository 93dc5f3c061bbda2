// The dbt package on the demo's warehouse: builds its models and asks them the questions in docs/answers.md. Needs dbt,
// which `node e2e/python/environment.mjs` installs.
//
//   node demo/answers.mjs    after npm run demo, whose last step this is
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DBT_REQUIREMENTS, findReadyPython } from '../e2e/python/environment.mjs';
import { documentedQueries } from '../scripts/lib/documented-queries.mjs';
import { output, root, say } from '../scripts/lib/programs.mjs';
import { money, printTable } from './terminal.mjs';

const WAREHOUSE = join(root, 'demo', 'out', 'clari.duckdb');
const SCHEMA = 'answers';
const MAX_ROWS = 8;

/** Builds the models and prints each answer; where dbt isn't installed, prints one line that says so. */
export async function printAnswers() {
  const python = await findReadyPython(DBT_REQUIREMENTS);
  if (python === undefined) {
    say(
      '\n8. The answers of the dbt package: skipped, as dbt is missing ("node e2e/python/environment.mjs" installs it).',
    );
    return;
  }
  await build(join(dirname(python), 'dbt'));
  const { Warehouse } = await import('./warehouse.mjs');
  const warehouse = await Warehouse.create(WAREHOUSE);
  try {
    await warehouse.connection.run(`SET search_path = '${SCHEMA}'`);
    say('\n8. The dbt package on the same tables. Its questions, and the SQL of each, are in docs/answers.md:');
    for (const [question, sql] of Object.entries(documentedQueries())) {
      const rows = await warehouse.rows(sql);
      // Nobody has left yet.
      if (rows.length > 0) printAnswer(question, rows);
    }
    say('\n   Closed amounts are empty: the published contract sends none, and no field of this tab holds them.');
  } finally {
    warehouse.close();
  }
}

/** Only the models: `npm run e2e:dbt` runs the package's tests. */
async function build(dbt) {
  const folder = join(dirname(WAREHOUSE), 'dbt');
  mkdirSync(folder, { recursive: true });
  const profile = { type: 'duckdb', path: WAREHOUSE, schema: SCHEMA };
  // JSON is YAML.
  const profiles = { clari: { target: 'demo', outputs: { demo: profile } } };
  writeFileSync(join(folder, 'profiles.yml'), JSON.stringify(profiles));
  const args = ['build', '--quiet', '--exclude-resource-type', 'test', '--exclude-resource-type', 'unit_test'];
  args.push('--project-dir', join(root, 'dbt'), '--profiles-dir', folder, '--profile', 'clari');
  args.push('--target-path', join(folder, 'target'), '--log-path', join(folder, 'logs'));
  args.push('--vars', JSON.stringify({ clari_schema: 'main' }));
  await output(dbt, args, { env: { ...process.env, DBT_SEND_ANONYMOUS_USAGE_STATS: 'false' } });
}

function printAnswer(question, rows) {
  say(`\n   ${question}`);
  const columns = Object.keys(rows[0]).map((name) => [name, (row) => shown(row[name])]);
  printTable(rows.slice(0, MAX_ROWS), columns);
  const more = rows.length - MAX_ROWS;
  if (more > 0) say(`   … ${more} more ${more === 1 ? 'row' : 'rows'}`);
}

/** DuckDB's JSON spells decimals as text. */
function shown(value) {
  const number = /^-?\d+(\.\d+)?(e[-+]?\d+)?$/i.test(`${value}`) ? Number(value) : undefined;
  return number === undefined ? value : money(number);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (existsSync(WAREHOUSE)) await printAnswers();
  else {
    say('There is no demo/out/clari.duckdb yet. Run "npm run demo" first.');
    process.exitCode = 1;
  }
}
