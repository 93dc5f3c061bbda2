"""One sync of source-clari by PyAirbyte into its DuckDB cache, and questions to the tables it made.

    sync.py REQUEST ANSWER    both JSON files

The request: executable, config, database, and queries (SQL by name). The answer: the streams that were discovered, and each query's rows.
"""

import json
import sys
from decimal import Decimal
from pathlib import Path

import airbyte
from airbyte.caches import DuckDBCache


def plain(value: object) -> object:
    """Amounts are decimals in the cache, and JSON knows none."""
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{value!r} is not expected in an answer")


def main(request_file: str, answer_file: str) -> None:
    request = json.loads(Path(request_file).read_text(encoding="utf-8"))
    source = airbyte.get_source(
        "source-clari",
        config=request["config"],
        local_executable=Path(request["executable"]),
    )
    source.check()
    streams = source.get_available_streams()
    source.select_all_streams()
    cache = DuckDBCache(db_path=request["database"])
    source.read(cache=cache)
    answer = {
        "streams": streams,
        "rows": {
            name: [dict(row) for row in cache.run_sql_query(sql)]
            for name, sql in request["queries"].items()
        },
    }
    Path(answer_file).write_text(json.dumps(answer, default=plain), encoding="utf-8")


main(*sys.argv[1:])
