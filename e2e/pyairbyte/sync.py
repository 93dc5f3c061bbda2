"""One PyAirbyte sync of source-clari, and queries on the tables it made.

    sync.py REQUEST ANSWER    both JSON files

The request: connector (arguments of get_source), config, by (duckdb, postgres or dlt), database (a file, or the port
for postgres), queries (SQL by name), and the streams for dlt. The answer: the discovered streams, and each query's
rows.
"""

import json
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import airbyte
from airbyte.caches import CacheBase, DuckDBCache, PostgresCache

Rows = list[dict[str, object]]
Ask = Callable[[str], Rows]


def by_cache(source: airbyte.Source, cache: CacheBase) -> Ask:
    """PyAirbyte's own destination: it keeps the state, and merges if a stream has a key."""
    source.select_all_streams()
    source.read(cache=cache)
    return lambda sql: [dict(row) for row in cache.run_sql_query(sql)]


def by_dlt(source: airbyte.Source, database: str, streams: list[str]) -> Ask:
    """dlt over PyAirbyte's records: each run reads everything and merges by key."""
    import dlt
    import duckdb

    def records_of(name: str) -> Iterator[dict[str, object]]:
        # The dataset has to outlive the loop.
        dataset = source.get_records(name)
        for record in dataset:
            yield dict(record)

    discovered = {stream.name: stream for stream in source.discovered_catalog.streams}
    keys = {
        name: [path[0] for path in stream.source_defined_primary_key or []]
        for name, stream in discovered.items()
    }
    # dlt guesses a column's type from its first rows: after whole amounts, fractions would get a separate column.
    numbers = {
        name: {
            column: {"data_type": "double"}
            for column, schema in stream.json_schema["properties"].items()
            if "number" in schema["type"]
        }
        for name, stream in discovered.items()
    }
    resources = [
        dlt.resource(
            records_of(name),
            name=name,
            columns=numbers[name],
            primary_key=keys[name] or None,
            write_disposition="merge" if keys[name] else "replace",
            max_table_nesting=0,
        )
        for name in streams
    ]
    pipeline = dlt.pipeline(
        "clari",
        destination=dlt.destinations.duckdb(database),
        dataset_name="clari",
        pipelines_dir=str(Path(database).parent / "pipelines"),
    )
    pipeline.run(resources).raise_on_failed_jobs()

    def ask(sql: str) -> Rows:
        with duckdb.connect(database) as connection:
            connection.execute("USE clari")
            cursor = connection.execute(sql)
            names = [column[0] for column in cursor.description or []]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    return ask


def plain(value: object) -> object:
    """Amounts are decimals in the tables, and JSON has none."""
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{value!r} is not expected in an answer")


def main(request_file: str, answer_file: str) -> None:
    request = json.loads(Path(request_file).read_text(encoding="utf-8"))
    connector = request["connector"]
    if "local_executable" in connector:
        connector["local_executable"] = Path(connector["local_executable"])
    source = airbyte.get_source("source-clari", config=request["config"], **connector)
    source.check()
    if request["by"] == "dlt":
        ask = by_dlt(source, request["database"], request["streams"])
    elif request["by"] == "postgres":
        ask = by_cache(
            source,
            PostgresCache(
                host="127.0.0.1",
                port=request["database"],
                username="postgres",
                password="not-asked-for",
                database="postgres",
                schema_name="public",
            ),
        )
    else:
        ask = by_cache(source, DuckDBCache(db_path=request["database"]))
    answer = {
        "streams": source.get_available_streams(),
        "rows": {name: ask(sql) for name, sql in request["queries"].items()},
    }
    Path(answer_file).write_text(json.dumps(answer, default=plain), encoding="utf-8")


main(*sys.argv[1:])
