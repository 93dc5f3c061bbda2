"""Parses compiled models as a database of that dialect would; fails at the first that isn't valid SQL there.

    parse.py DIALECT FOLDER    prints how many were read
"""

import sys
from pathlib import Path

import sqlglot


def main(dialect: str, folder: str) -> None:
    models = sorted(Path(folder).rglob("*.sql"))
    for model in models:
        try:
            sqlglot.parse_one(model.read_text(encoding="utf-8"), dialect=dialect)
        except sqlglot.errors.ParseError as error:
            sys.exit(f"{model.name}: {error}")
    print(len(models))


main(*sys.argv[1:])
