import { rmSync, writeFileSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';

/** A small destination: one DuckDB table a stream, its columns by the catalog's schema, one row per primary key. */
export class Warehouse {
  constructor(path, instance, connection, catalog) {
    Object.assign(this, { path, instance, connection, catalog });
  }

  static async create(path, catalog) {
    const instance = await DuckDBInstance.create(path);
    const connection = await instance.connect();
    for (const { stream } of catalog.streams) {
      const columns = Object.entries(stream.json_schema.properties).map(
        ([name, schema]) => `"${name}" ${columnType(schema)}`,
      );
      const key = stream.source_defined_primary_key?.map(([column]) => `"${column}"`);
      await connection.run(
        `CREATE TABLE ${stream.name} (${[...columns, ...(key ? [`PRIMARY KEY (${key.join(', ')})`] : [])].join(', ')})`,
      );
    }
    return new Warehouse(path, instance, connection, catalog);
  }

  /** Loads the records of a read; a row with a key that is there already takes its place. */
  async load(messages) {
    for (const { stream } of this.catalog.streams) {
      const rows = messages.flatMap(({ record }) =>
        record?.stream === stream.name ? [JSON.stringify(record.data)] : [],
      );
      if (rows.length === 0) continue;
      const file = `${this.path}.${stream.name}.jsonl`;
      writeFileSync(file, rows.join('\n'));
      const columns = Object.entries(stream.json_schema.properties).map(
        ([name, schema]) => `'${name}': '${columnType(schema)}'`,
      );
      await this.connection.run(
        `INSERT ${stream.source_defined_primary_key ? 'OR REPLACE ' : ''}INTO ${stream.name}
         SELECT * FROM read_json('${file}', format = 'newline_delimited', columns = {${columns.join(', ')}})`,
      );
      rmSync(file);
    }
  }

  /** Prints a query's rows as a table. */
  async print(sql) {
    const result = await this.connection.runAndReadAll(sql);
    const names = result.columnNames();
    const rows = result.getRowsJson().map((row) => row.map((value) => (value === null ? '' : format(value))));
    const widths = names.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column].length)));
    const line = (cells) =>
      `  ${cells.map((cell, column) => (/^-?[\d,.]+$/.test(cell) ? cell.padStart(widths[column]) : cell.padEnd(widths[column]))).join('  ')}`;
    process.stdout.write(
      `${[line(names), line(widths.map((width) => '─'.repeat(width))), ...rows.map(line)].join('\n')}\n`,
    );
  }

  close() {
    this.connection.closeSync();
    this.instance.closeSync();
  }
}

const format = (value) =>
  /^-?\d+(\.\d+)?$/.test(String(value)) ? Number(value).toLocaleString('en-US') : String(value);

function columnType({ type, format: kind }) {
  const name = [type].flat().find((option) => option !== 'null');
  if (name === 'string') return kind === 'date' ? 'DATE' : kind === 'date-time' ? 'TIMESTAMPTZ' : 'VARCHAR';
  return { number: 'DOUBLE', integer: 'BIGINT', boolean: 'BOOLEAN' }[name] ?? 'JSON';
}
