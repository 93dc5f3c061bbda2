// Writes the column tables in docs/data-model.md from the streams' schemas. With --check, only checks that they are up
// to date.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const schemas = join(root, 'resources', 'schemas');
const path = join(root, 'docs', 'data-model.md');
const [BEGIN, END] = ['<!-- columns: npm run docs:columns writes these tables -->\n', '<!-- end of columns -->\n'];

const page = readFileSync(path, 'utf8');
const [before, rest] = page.split(BEGIN);
const after = rest?.split(END)[1];
if (after === undefined) throw new Error(`${path} has no place for the tables of columns`);
const written = `${before}${BEGIN}\n${tables()}\n${END}${after}`;
if (!process.argv.includes('--check')) writeFileSync(path, written);
else if (written !== page) {
  process.stderr.write('docs/data-model.md lags behind resources/schemas: run npm run docs:columns\n');
  process.exit(1);
}

function tables() {
  // In the page's order of streams.
  const streams = readdirSync(schemas).map((file) => file.replace('.json', ''));
  const place = (stream) => (page.indexOf(`| \`${stream}\` |`) + page.length) % page.length;
  return streams
    .sort((a, b) => place(a) - place(b))
    .map(tableOf)
    .join('\n');
}

function tableOf(stream) {
  const { properties } = JSON.parse(readFileSync(join(schemas, `${stream}.json`), 'utf8'));
  const rows = Object.entries(properties).map(
    ([column, { type, format, description }]) =>
      `| \`${column}\` | ${format ?? [type].flat().at(-1)} | ${description} |`,
  );
  return `### ${stream}\n\n| column | type | meaning |\n| --- | --- | --- |\n${rows.join('\n')}\n`;
}
