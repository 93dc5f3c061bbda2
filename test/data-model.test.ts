import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEntryMapper } from '../src/clari/entries/mapper';
import { schemaOf } from '../src/resources';
import { STREAMS } from '../src/streams';
import { ColumnPicker } from '../src/streams/columns';
import { DIMENSION_STREAMS, dimensionRows } from '../src/streams/forecast-entries/dimension-rows';

const PAGE = readFileSync(join(resolve(__dirname, '..'), 'docs', 'data-model.md'), 'utf8');

/** The queries of the page, by their headings. */
const QUERIES = new Map(
  [...PAGE.matchAll(/^### (.+)\n[^#]*?```sql\n([^`]+)```/gm)].map(([, heading = '', sql = '']) => [heading, sql]),
);

const user = (userId: string, name: string, hierarchyId: string, parentHierarchyId: string | null) => ({
  ...{ userId, crmId: `crm-${name}`, email: `${name}@example.com`, name, scopeId: '1' },
  ...{ hierarchyId, hierarchyName: hierarchyId, parentHierarchyId, parentHierarchyName: parentHierarchyId },
});
const PARTS = {
  users: [
    user('1:lead', 'Jonas', 'lead', null),
    user('2:west', 'Maya', 'west', 'lead'),
    user('3:east', 'Tomas', 'east', 'lead'),
    user('4:north', 'Nina', 'north', 'lead'),
  ],
  fields: [
    { fieldId: 'fc_closed', fieldName: 'Closed', fieldType: 'forecast' },
    { fieldId: 'fc_commit', fieldName: 'Commit', fieldType: 'forecast' },
  ],
  timeFrames: ['06', '13', '20'].map((day) => ({
    timeFrameId: `TF:2024-11-${day}`,
    startDate: `2024-11-${day}`,
    endDate: `2024-11-${Number(day) + 6}`,
  })),
  timePeriods: [{ timePeriodId: '2024_Q4', type: 'quarter', startDate: '2024-11-01', endDate: '2025-01-31' }],
};
const entry = (userId: string, fieldId: string, day: string, forecastValue: number | null, more: object = {}) => ({
  ...{ userId, fieldId, timeFrameId: `TF:2024-11-${day}`, timePeriodId: '2024_Q4', forecastValue, isUpdated: false },
  ...more,
});
const BEFORE = [entry('9:gone', 'fc_commit', '13', 999)];
const NOW = [
  entry('1:lead', 'fc_commit', '13', 250),
  entry('2:west', 'fc_commit', '06', 100),
  entry('2:west', 'fc_commit', '20', 120, { isUpdated: true, quotaValue: 400 }),
  entry('2:west', 'fc_closed', '20', 100),
  entry('3:east', 'fc_commit', '13', 80),
  entry('3:east', 'fc_commit', '20', null),
];
const THE_LATEST_WEEK = NOW.filter(({ timeFrameId }) => timeFrameId === 'TF:2024-11-20');

/**
 * A table of each stream of one forecast as a deduplicated one is after three reads: an export, of which one row has
 * stayed behind, a newer one, and a direct call, which has the latest week alone.
 */
async function load(connection: DuckDBConnection, folder: string): Promise<void> {
  const rows = new Map<string, Map<string, string>>();
  const put = (stream: string, key: string, text: string) => {
    const table = rows.get(stream) ?? new Map<string, string>();
    rows.set(stream, table.set(key, text));
  };
  for (const [exportedAt, entries, timeFrames] of [
    ['2024-11-14T08:00:00Z', BEFORE, PARTS.timeFrames],
    ['2024-11-21T08:00:00Z', NOW, PARTS.timeFrames],
    ['2024-11-22T08:00:00Z', THE_LATEST_WEEK, PARTS.timeFrames.slice(-1)],
  ] as const) {
    const context = { forecastId: 'net_new', forecastName: null, timePeriod: '2024_Q4', jobId: 'j', exportedAt };
    const parts = { ...PARTS, timeFrames };
    const mapper = createEntryMapper(parts, context);
    for (const item of entries) {
      const key = [item.timeFrameId, item.userId, item.fieldId].join();
      put('forecast_entries', key, mapper.mapToJson(item).json);
    }
    for (const part of ['users', 'fields', 'timeFrames', 'timePeriods'] as const) {
      const stream = DIMENSION_STREAMS[part];
      const texts = dimensionRows(new ColumnPicker(stream), parts[part], context).map(({ text }) => text);
      for (const [index, text] of texts.entries()) put(stream, JSON.stringify(parts[part][index]), text);
    }
  }
  for (const [stream, table] of rows) {
    const file = join(folder, `${stream}.jsonl`);
    writeFileSync(file, [...table.values()].join('\n'));
    const columns = Object.entries(schemaOf(stream).properties)
      .map(([name, schema]) => `'${name}': '${typeOf(schema)}'`)
      .join(', ');
    await connection.run(`create table ${stream} as select * from read_json('${file}', columns = {${columns}})`);
  }
}

function typeOf({ type, format }: Record<string, unknown>): string {
  if (format === 'date') return 'DATE';
  if (format === 'date-time') return 'TIMESTAMPTZ';
  const name = [type].flat().find((one) => one !== 'null');
  return { string: 'VARCHAR', number: 'DOUBLE', boolean: 'BOOLEAN' }[String(name)] ?? 'JSON';
}

describe('the queries of the data model’s page', () => {
  let connection: DuckDBConnection;
  const folder = mkdtempSync(join(tmpdir(), 'data-model-'));
  beforeAll(async () => {
    connection = await (await DuckDBInstance.create()).connect();
    await load(connection, folder);
  });
  afterAll(() => {
    connection.closeSync();
    rmSync(folder, { recursive: true });
  });

  const ask = async (heading: string): Promise<unknown[][]> => {
    const reader = await connection.runAndReadAll(QUERIES.get(heading) ?? 'no such query');
    return reader.getRowsJS().map((row) => row.map((v) => (v instanceof Date ? v.toISOString().slice(0, 10) : v)));
  };
  /** The last columns of each row; those before are the same everywhere, or names. */
  const last = (rows: unknown[][], count: number) => rows.map((row) => row.slice(-count));

  it('given calls in several weeks, then the current one is the newest, also of a week that was not read again, and nobody who is gone has one', async () => {
    const rows = await ask('What is the current call of each owner?');
    expect(rows.map((row) => [row[3], row[4], row[6], row[7]])).toEqual([
      ['Jonas', 'fc_commit', '2024-11-13', 250],
      ['Maya', 'fc_closed', '2024-11-20', 100],
      ['Maya', 'fc_commit', '2024-11-20', 120],
      ['Tomas', 'fc_commit', '2024-11-13', 80],
    ]);
  });

  it('given a week without a call, then it carries the one before, and changes nothing', async () => {
    const rows = (await ask('What changed from week to week?')).filter(
      (row) => row[2] === 'Maya' && row[3] === 'fc_commit',
    );
    expect(last(rows, 3)).toEqual([
      ['2024-11-06', 100, null],
      ['2024-11-13', 100, 0],
      ['2024-11-20', 120, 20],
    ]);
  });

  it('given a quota, then it is compared with what is closed', async () => {
    expect(last(await ask('How much of the quota is attained?'), 5)).toEqual([['Maya', 100, 400, 0.25, 300]]);
  });

  it('given people without an update in the newest week, then they are named, with or without entries', async () => {
    expect((await ask("Who hasn't submitted this week?")).map((row) => row[3])).toEqual(['Jonas', 'Nina', 'Tomas']);
  });

  it('given a manager, then the own call stands beside what the team adds up to', async () => {
    const rows = await ask('What do the people below a manager add up to?');
    expect(last(rows, 5)).toContainEqual(['Jonas', 'fc_commit', 200, 250, 50]);
    expect(last(rows, 5)).toContainEqual(['Tomas', 'fc_commit', 80, 80, 0]);
  });

  it('given the page, then each of its queries is asked here', () => {
    expect(QUERIES.size).toBe(5);
  });
});

describe('the data model’s page', () => {
  it('given a stream, then the page names it, and its key and cursor as they are', () => {
    for (const { name, primaryKey = [], cursorField } of STREAMS) {
      const row = PAGE.split('\n').find((line) => line.startsWith(`| \`${name}\` |`)) ?? '';
      for (const column of [...primaryKey, ...(cursorField === undefined ? [] : [cursorField])])
        expect(row, name).toContain(`\`${column}\``);
    }
  });
});

describe('the tables of columns', () => {
  it('given the schemas, then the page has them', () => {
    const { status, stderr } = spawnSync(process.execPath, ['scripts/write-columns.mjs', '--check'], {
      cwd: resolve(__dirname, '..'),
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });
});
