"""One PyAirbyte sync of every source-clari stream into each of several caches.

    sync.py REQUEST    a JSON file: executable, config, caches (by PyAirbyte's arguments), and a write strategy for each
"""

import json
import sys
from pathlib import Path

import airbyte
from airbyte.caches import DuckDBCache, PostgresCache

CACHES = {"duckdb": DuckDBCache, "postgres": PostgresCache}


def main(request_file: str) -> None:
    request = json.loads(Path(request_file).read_text(encoding="utf-8"))
    source = airbyte.get_source(
        "source-clari",
        config=request["config"],
        local_executable=Path(request["executable"]),
    )
    source.select_all_streams()
    for cache in request["caches"]:
        source.read(cache=CACHES[cache["kind"]](**cache["arguments"]), write_strategy=cache["strategy"])


main(*sys.argv[1:])
