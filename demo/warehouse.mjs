import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';

/**
 * A small destination: one DuckDB table per stream, with columns from the catalog's schema, one row per primary key,
 * and the time the row was loaded, as in Airbyte's destinations.
 */
export class Warehouse {
  constructor(path, instance, connection) {
    Object.assign(this, { path, instance, connection });
  }

  static async create(path) {
    const instance = await DuckDBInstance.create(path);
    return new Warehouse(path, instance, await instance.connect());
  }

  /** Makes a catalog's tables in `schema`. */
  async createTables(catalog, schema) {
    await this.connection.run(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
    for (const { stream } of catalog.streams) {
      const key = keyOf(stream).map((column) => `"${column}"`);
      const constraint = key.length > 0 ? [`PRIMARY KEY (${key.join(', ')})`] : [];
      const columns = columnsOf(stream).map(([name, type]) => `"${name}" ${type}`);
      columns.push('_airbyte_extracted_at TIMESTAMPTZ NOT NULL');
      await this.connection.run(`CREATE TABLE ${schema}.${stream.name} (${[...columns, ...constraint].join(', ')})`);
    }
  }

  /** Loads a read's records; a row replaces the one with the same key. */
  async load(catalog, messages, schema) {
    for (const { stream } of catalog.streams) {
      const records = messages.flatMap(({ record }) => (record?.stream === stream.name ? [record.data] : []));
      const key = keyOf(stream);
      const keyed = records.map((data, index) => [
        JSON.stringify(key.length > 0 ? key.map((column) => data[column]) : index),
        JSON.stringify(data),
      ]);
      const rows = [...new Map(keyed).values()];
      if (rows.length === 0) continue;
      const file = `${this.path}.${stream.name}.jsonl`;
      writeFileSync(file, rows.join('\n'));
      const columns = columnsOf(stream).map(([name, type]) => `'${name}': '${type}'`);
      await this.connection.run(
        `INSERT ${key.length > 0 ? 'OR REPLACE ' : ''}INTO ${schema}.${stream.name}
         SELECT *, now() FROM read_json('${file}', format = 'newline_delimited', columns = {${columns.join(', ')}})`,
      );
      rmSync(file);
    }
  }

  /** Runs the statements of a file. */
  async runFile(path) {
    await this.connection.run(readFileSync(path, 'utf8'));
  }

  /** A query's rows as objects: numbers are numbers, dates are text. `$name` stands for a value. */
  async rows(sql, values) {
    const result = await this.connection.runAndReadAll(sql, values);
    // DuckDB's JSON spells 64-bit integers as text.
    const integers = result.columnNames().filter((_, column) => /INT$/.test(`${result.columnType(column)}`));
    return result.getRowObjectsJson().map((row) => {
      const numbers = integers.map((name) => [name, row[name] === null ? null : Number(row[name])]);
      return { ...row, ...Object.fromEntries(numbers) };
    });
  }

  close() {
    this.connection.closeSync();
    this.instance.closeSync();
  }
}

const keyOf = (stream) => (stream.source_defined_primary_key ?? []).map(([column]) => column);

const columnsOf = (stream) =>
  Object.entries(stream.json_schema.properties).map(([name, schema]) => [name, columnType(schema)]);

function columnType({ type, format: kind }) {
  const name = [type].flat().find((option) => option !== 'null');
  if (name === 'string') return kind === 'date' ? 'DATE' : kind === 'date-time' ? 'TIMESTAMPTZ' : 'VARCHAR';
  return { number: 'DOUBLE', integer: 'BIGINT', boolean: 'BOOLEAN' }[name] ?? 'JSON';
}
