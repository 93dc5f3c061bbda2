import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { catalogProblems, specProblems } from '../../scripts/compatibility.cjs';
import { runScript, withFiles } from './script';

type Json = Record<string, unknown>;

const SPEC: Json = {
  connectionSpecification: {
    type: 'object',
    required: ['api_key'],
    properties: {
      api_key: { type: 'string' },
      days: { type: 'integer', minimum: 0, maximum: 30 },
      types: { type: 'array', items: { type: 'string', enum: ['a', 'b'] } },
    },
  },
};
const CATALOG: Json = {
  streams: [
    {
      name: 'deals',
      supported_sync_modes: ['full_refresh', 'incremental'],
      source_defined_primary_key: [['id']],
      default_cursor_field: ['at'],
      json_schema: { properties: { id: { type: 'string' }, at: { type: ['null', 'string'] } } },
    },
  ],
};

/** A copy in which the value at a path is another, or gone. */
function changed(document: Json, path: string, value?: unknown): Json {
  const copy = structuredClone(document);
  const keys = path.split('/');
  const last = keys.pop() as string;
  const parent = keys.reduce<Json>((node, key) => node[key] as Json, copy);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy;
}

const PROPERTIES = 'connectionSpecification/properties';
const COLUMNS = 'streams/0/json_schema/properties';

const problemsOf = ({ spec = SPEC, catalog = CATALOG }: { spec?: Json; catalog?: Json }): string[] => [
  ...specProblems(SPEC, spec),
  ...catalogProblems(CATALOG, catalog),
];

/** The whole script, on a folder. */
function check(now: {
  spec?: Json;
  catalog?: Json;
  version?: string;
  metadata?: string;
  released?: readonly string[];
}) {
  const released = (now.released ?? ['0.1.0']).flatMap((version) => [
    [`released/${version}/spec.json`, SPEC],
    [`released/${version}/catalog.json`, CATALOG],
  ]);
  const files = {
    'package.json': { version: now.version ?? '0.2.0' },
    'metadata.yaml': now.metadata ?? 'data: {}',
    'current/spec.json': now.spec ?? SPEC,
    'current/catalog.json': now.catalog ?? CATALOG,
    ...Object.fromEntries(released),
  };
  return withFiles(files, (root) =>
    runScript('check-compatibility.mjs', ['--root', root, '--current', join(root, 'current')]),
  );
}

describe('what may not change between releases', () => {
  it('given nothing released, then it says so and passes', () => {
    const { exitCode, stdout } = check({ released: [] });
    expect(stdout).toContain('nothing is released yet');
    expect(exitCode).toBe(0);
  });

  it.each<[string, { spec?: Json; catalog?: Json }]>([
    ['nothing new', {}],
    ['a new key', { spec: changed(SPEC, `${PROPERTIES}/more`, { type: 'string' }) }],
    ['a wider bound', { spec: changed(SPEC, `${PROPERTIES}/days/maximum`, 90) }],
    ['a value more', { spec: changed(SPEC, `${PROPERTIES}/types/items/enum`, ['a', 'b', 'c']) }],
    ['a new column', { catalog: changed(CATALOG, `${COLUMNS}/more`, { type: 'string' }) }],
    ['a column that may be null', { catalog: changed(CATALOG, `${COLUMNS}/id/type`, ['null', 'string']) }],
    ['a new stream', { catalog: { streams: [...(CATALOG['streams'] as Json[]), { name: 'more' }] } }],
  ])('given %s, then it is no problem', (_, now) => {
    expect(problemsOf(now)).toEqual([]);
  });

  it.each<[string, { spec?: Json; catalog?: Json }, string]>([
    ['a key that is gone', { spec: changed(SPEC, `${PROPERTIES}/days`) }, 'spec.days: is gone'],
    ['a type', { spec: changed(SPEC, `${PROPERTIES}/days/type`, 'string') }, 'type was integer and is string'],
    ['a lower bound', { spec: changed(SPEC, `${PROPERTIES}/days/minimum`, 1) }, 'spec.days: minimum has grown'],
    ['an upper bound', { spec: changed(SPEC, `${PROPERTIES}/days/maximum`, 7) }, 'spec.days: maximum has shrunk'],
    ['a new bound', { spec: changed(SPEC, `${PROPERTIES}/api_key/minLength`, 9) }, 'api_key: minLength has grown'],
    ['a new pattern', { spec: changed(SPEC, `${PROPERTIES}/api_key/pattern`, 'x') }, 'api_key: pattern was'],
    ['a value less', { spec: changed(SPEC, `${PROPERTIES}/types/items/enum`, ['a']) }, 'enum no longer has b'],
    ['a new enum', { spec: changed(SPEC, `${PROPERTIES}/api_key/enum`, ['x']) }, 'no longer has any other value'],
    [
      'a requirement',
      { spec: changed(SPEC, 'connectionSpecification/required', ['api_key', 'days']) },
      'days is newly required',
    ],
    ['a stream that is gone', { catalog: { streams: [] } }, 'deals: the stream is gone'],
    ['a column that is gone', { catalog: changed(CATALOG, `${COLUMNS}/at`) }, 'deals.at: is gone'],
    ['a column of another type', { catalog: changed(CATALOG, `${COLUMNS}/id/type`, 'number') }, 'deals.id: type was'],
    [
      'a column of one type more',
      { catalog: changed(CATALOG, `${COLUMNS}/id/type`, ['string', 'number']) },
      'deals.id: type was',
    ],
    [
      'another key',
      { catalog: changed(CATALOG, 'streams/0/source_defined_primary_key', [['at']]) },
      'source_defined_primary_key has changed',
    ],
    ['another cursor', { catalog: changed(CATALOG, 'streams/0/default_cursor_field', ['id']) }, 'default_cursor_field'],
    [
      'a mode less',
      { catalog: changed(CATALOG, 'streams/0/supported_sync_modes', ['full_refresh']) },
      'can no longer be read in incremental',
    ],
  ])('given %s, then it is a problem', (_, now, problem) => {
    expect(problemsOf(now).join('\n')).toContain(problem);
  });

  it('given a problem, then the script fails and says it', () => {
    const { exitCode, stdout } = check({ catalog: { streams: [] } });
    expect(stdout).toContain('deals: the stream is gone');
    expect(exitCode).toBe(1);
  });

  it('given metadata.yaml that declares the break, then it is told, and passes', () => {
    const metadata = 'data: {releases: {breakingChanges: {1.0.0: {message: x, upgradeDeadline: 2027-01-01}}}}';
    const { exitCode, stdout } = check({ catalog: { streams: [] }, version: '1.0.0', metadata });
    expect(stdout).toContain('deals: the stream is gone');
    expect(stdout).toContain('broken since 0.1.0, as metadata.yaml says of 1.0.0');
    expect(exitCode).toBe(0);
  });

  it('given several releases, then the newest counts, by number; a later one does not', () => {
    const { stdout } = check({ version: '0.11.0', released: ['0.9.0', '0.10.0', '0.12.0'] });
    expect(stdout).toContain('only grew since 0.10.0');
  });

  it('given --write, then the version of package.json is kept, and is what the next one is compared with', () => {
    const files = {
      'package.json': { version: '0.1.0' },
      'current/spec.json': SPEC,
      'current/catalog.json': CATALOG,
    };
    withFiles(files, (root) => {
      const args = ['--root', root, '--current', join(root, 'current')];
      expect(runScript('check-compatibility.mjs', [...args, '--write']).exitCode).toBe(0);
      const kept = join(root, 'released', '0.1.0', 'catalog.json');
      expect(existsSync(kept)).toBe(true);
      expect(JSON.parse(readFileSync(kept, 'utf8'))).toEqual(CATALOG);
      expect(runScript('check-compatibility.mjs', args).stdout).toContain('only grew since 0.1.0');
    });
  });
});
