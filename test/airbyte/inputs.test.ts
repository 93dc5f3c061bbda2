import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCatalog, readJson, readStates, whyUnreadable } from '../../src/airbyte/inputs';
import { SyncError } from '../../src/airbyte/stream';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'inputs-test-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const file = (text: string): string => {
  const path = join(folder, 'given.json');
  writeFileSync(path, text);
  return path;
};
const errorOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof SyncError && error.failureType === 'config_error') return error.message;
    throw error;
  }
  return expect.fail('it was accepted');
};
const lines = (...messages: object[]): string => messages.map((message) => `${JSON.stringify(message)}\n`).join('');
const stream = { name: 'forecasts', json_schema: {} };
const state = (name: string, stream_state: unknown) => ({
  type: 'STREAM',
  stream: { stream_descriptor: { name }, stream_state },
});

describe('a file', () => {
  it('given broken JSON, then the place is named and nothing is quoted', () => {
    const message = errorOf(() => readJson(file('{"api_key": "very-secret",\n"x": oops}'), 'configuration'));
    expect(message).toBe(
      `The configuration file ${folder}/given.json is not JSON: the mistake is at line 2, column 6.`,
    );
  });

  it('given YAML, then that is said', () => {
    expect(errorOf(() => readJson(file('api_key: very-secret\n'), 'configuration'))).toMatch(/it looks like YAML\.$/);
  });

  it('given one that does not exist or is a folder, then that is said', () => {
    expect(errorOf(() => readJson(join(folder, 'none'), 'state'))).toMatch(/can't be read: it does not exist\.$/);
    expect(errorOf(() => readJson(folder, 'state'))).toMatch(/can't be read: it is a folder\.$/);
  });

  it('given one without permission, then the user id and both remedies are named', () => {
    // Not with a real file: nothing is forbidden to root.
    expect(whyUnreadable({ name: 'Error', message: 'EACCES: permission denied', code: 'EACCES' }, '/c.json')).toBe(
      `the connector runs as user id ${process.getuid?.()}, which has no permission. ` +
        'Allow it (chmod a+r /c.json), or run the container as the owner of the file (--user "$(id -u)")',
    );
  });
});

describe('a catalog', () => {
  it.each([
    ['what discover prints', lines({ type: 'CATALOG', catalog: { streams: [stream] } })],
    ['what discover prints, with log lines', lines({ type: 'LOG', log: {} }, { type: 'CATALOG', catalog: {} })],
    ["discover's catalog alone", JSON.stringify({ streams: [stream] }, null, 2)],
  ])('given %s, then it says so and how to make one', (_, text) => {
    expect(errorOf(() => readCatalog(file(text)))).toMatch(
      /holds what discover prints; read takes a configured catalog\. Create one with `source-clari catalog`\.$/,
    );
  });

  it('given the messages of a command that failed, then that is said', () => {
    expect(errorOf(() => readCatalog(file(lines({ type: 'TRACE', trace: {} }))))).toMatch(
      /holds messages of the connector/,
    );
  });

  it('given a good one, on one line or many, then it is read', () => {
    const catalog = { streams: [{ stream, sync_mode: 'full_refresh' }] };
    for (const text of [JSON.stringify(catalog), JSON.stringify(catalog, null, 2)])
      expect(readCatalog(file(text))).toEqual(catalog);
  });
});

describe('a state', () => {
  it('given states on one line, as read prints them or bare, then they are read', () => {
    const bare = state('s', { day: 1 });
    for (const text of [JSON.stringify([bare]), JSON.stringify([{ type: 'STATE', state: bare }])])
      expect([...readStates(file(text))]).toEqual([['s', { day: 1 }]]);
  });

  it.each([
    ['one STATE message', lines({ type: 'STATE', state: {} })],
    ['all messages of a sync', lines({ type: 'RECORD', record: {} }, { type: 'STATE', state: {} })],
  ])('given %s, then it says what to do with them', (_, text) => {
    expect(errorOf(() => readStates(file(text)))).toMatch(/Collect the last STATE of each stream in a JSON array/);
  });
});
