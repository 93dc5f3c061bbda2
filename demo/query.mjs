// Asks the demo's warehouse anything: node demo/query.mjs "FROM demo.roll_up WHERE isHead"
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root, say } from '../scripts/lib/programs.mjs';
import { printTable } from './terminal.mjs';

// The reader of a pipe, such as head, may stop early.
process.stdout.on('error', () => process.exit());

const sql =
  process.argv[2] ?? 'SELECT schema, name AS table_or_view, len(column_names) AS columns FROM (SHOW ALL TABLES)';
const path = join(root, 'demo', 'out', 'clari.duckdb');
if (existsSync(path)) {
  const { Warehouse } = await import('./warehouse.mjs');
  const warehouse = await Warehouse.create(path);
  try {
    // The answers' queries name no schema.
    const schemas = await warehouse.rows('SELECT DISTINCT schema_name AS name FROM information_schema.schemata');
    const searched = ['main', 'answers'].filter((wanted) => schemas.some(({ name }) => name === wanted));
    await warehouse.rows(`SET search_path = '${searched.join()}'`);
    const rows = await warehouse.rows(sql);
    const names = Object.keys(rows[0] ?? {});
    const shown = (value) => {
      if (typeof value === 'number') return Math.round(value * 100) / 100;
      return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
    };
    printTable(
      rows,
      names.map((name) => [name, (row) => shown(row[name])]),
    );
    say(`   ${rows.length} ${rows.length === 1 ? 'row' : 'rows'}`);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  } finally {
    warehouse.close();
  }
} else {
  say('There is no demo/out/clari.duckdb yet. Run "npm run demo" first.');
  process.exitCode = 1;
}
