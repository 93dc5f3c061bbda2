"""The rows of queries, from DuckDB or PostgreSQL, as JSON on stdout.

    answers.py REQUEST    a JSON file: database (path, or psycopg2's arguments), schema, queries (SQL by name)
"""

import datetime
import json
import sys
from decimal import Decimal
from pathlib import Path


def connect(database: dict):
    if "path" in database:
        import duckdb

        return duckdb.connect(database["path"], read_only=True)
    import psycopg2

    return psycopg2.connect(**database)


def plain(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    raise TypeError(f"{value!r} is not expected in an answer")


def main(request_file: str) -> None:
    request = json.loads(Path(request_file).read_text(encoding="utf-8"))
    cursor = connect(request["database"]).cursor()
    cursor.execute(f"set search_path = '{request['schema']}'")
    rows = {}
    for name, sql in request["queries"].items():
        cursor.execute(sql)
        columns = [column[0] for column in cursor.description]
        rows[name] = [dict(zip(columns, row)) for row in cursor.fetchall()]
    json.dump(rows, sys.stdout, default=plain)


main(*sys.argv[1:])
