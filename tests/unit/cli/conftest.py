"""The praetor command as a user calls it, in this process."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from praetor.cli.main import app

Call = Callable[..., Result]


@pytest.fixture
def call() -> Call:
    def run(*arguments: object, input: str | None = None, code: int = 0) -> Result:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments], input=input)
        assert result.exit_code == code, f"{result.stdout}\n{result.stderr}\n{result.exception!r}"
        return result

    return run


@pytest.fixture
def json_of(call: Call) -> Callable[..., Any]:
    def run(*arguments: object, **options: Any) -> Any:
        return json.loads(call(*arguments, "-o", "json", **options).stdout)

    return run
