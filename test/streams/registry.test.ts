import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { STREAMS } from '../../src/streams';

const SCHEMAS = join(__dirname, '..', '..', 'resources', 'schemas');
const schemaOf = (name: string) => JSON.parse(readFileSync(join(SCHEMAS, `${name}.json`), 'utf8'));

describe('the registry of streams', () => {
  it('given the streams, then each has a schema, and each schema a stream', () => {
    expect(readdirSync(SCHEMAS).sort()).toEqual(STREAMS.map(({ name }) => `${name}.json`).sort());
  });

  it('given a column of any schema, then it says what it holds', () => {
    for (const file of readdirSync(SCHEMAS)) {
      for (const [column, { description }] of Object.entries<{ description?: string }>(
        schemaOf(file.replace('.json', '')).properties,
      ))
        expect(description, `${file} ${column}`).toMatch(/^[A-Z:a-z].{10,}\.$/);
    }
  });

  it.each(STREAMS.map((stream) => [stream.name, stream] as const))(
    'given %s, then key and cursor are columns, and every column but the key may be null',
    (name, stream) => {
      const schema = schemaOf(name);
      const ajv = new Ajv({ strict: false });
      addFormats(ajv);
      expect(() => ajv.compile(schema)).not.toThrow();
      expect(schema.additionalProperties).toBe(true);
      const { primaryKey = [], cursorField } = stream;
      for (const column of [...primaryKey, ...(cursorField === undefined ? [] : [cursorField]), 'additionalFields'])
        expect(schema.properties).toHaveProperty(column);
      for (const [column, { type }] of Object.entries<{ type: string | string[] }>(schema.properties)) {
        expect([type].flat().includes('null'), column).toBe(!primaryKey.includes(column));
      }
    },
  );
});
