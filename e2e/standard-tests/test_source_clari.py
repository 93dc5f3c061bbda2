"""Airbyte's standard tests on source-clari as a separate process: the executable, or the image.

The suite runs connectors that are Python objects. Here the function that runs one starts a process instead, and parses
what it prints strictly: the suite itself takes a line it can't parse for a log message, so it wouldn't notice a broken
record.

CONNECTOR_ROOT is the folder with acceptance-test-config.yml and the files it names, CONNECTOR_COMMAND the command line
that runs the connector, as JSON.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest
from airbyte_cdk.test import entrypoint_wrapper
from airbyte_cdk.test.standard_tests import SourceTestSuiteBase
from airbyte_connector_models.metadata.v0.connector_metadata_definition_v0 import (
    ConnectorMetadataDefinitionV0,
)
from airbyte_protocol.models import AirbyteMessage
import yaml

ROOT = Path(os.environ["CONNECTOR_ROOT"])
COMMAND: list[str] = json.loads(os.environ["CONNECTOR_COMMAND"])


class Executable:
    """Takes a connector's place in the suite, which recognizes one only by its `spec`."""

    def spec(self, logger: object) -> None:
        raise NotImplementedError


def run_executable(source: object, args: list[str], **_: object) -> entrypoint_wrapper.EntrypointOutput:
    result = subprocess.run([*COMMAND, *args], capture_output=True, check=False)
    lines = result.stdout.decode("utf-8").splitlines()
    messages = [AirbyteMessage.model_validate_json(line, strict=True) for line in lines]
    told = any(message.trace and message.trace.error for message in messages)
    assert (result.returncode != 0) == told, f"exit code {result.returncode}: {result.stderr[-2000:]}"
    return entrypoint_wrapper.EntrypointOutput(messages=lines)


@pytest.fixture(autouse=True)
def _run_as_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entrypoint_wrapper, "_run_command", run_executable)


class TestSourceClari(SourceTestSuiteBase):
    connector = Executable

    @classmethod
    def get_connector_root_dir(cls) -> Path:
        return ROOT


def test_metadata() -> None:
    """Airbyte's own model of metadata.yaml accepts it."""
    metadata = yaml.safe_load((ROOT / "metadata.yaml").read_text(encoding="utf-8"))
    ConnectorMetadataDefinitionV0.model_validate(metadata)
