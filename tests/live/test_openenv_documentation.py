"""The Python of docs/openenv.md, run as a reader would, on a server of ours."""

import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.openenv_servers import Running, praetor_server

pytest.importorskip("openenv", reason="the openenv library is not installed: pip install 'praetor[openenv]'")

DOCUMENT = (Path(__file__).parents[2] / "docs" / "openenv.md").read_text()
HERE = "http://localhost:8000"
EXAMPLES = [code for code in re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL) if "svc:8000" not in code]


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with praetor_server() as running:
        yield running


def as_program(code: str) -> str:
    """`async with` is shown as a notebook takes it."""
    if "async with" not in code:
        return code
    imports, _, body = code.partition("\n\n")
    return f"import asyncio\n{imports}\nasync def main():\n{textwrap.indent(body, '    ')}\nasyncio.run(main())\n"


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_runs(number, server):
    program = as_program(EXAMPLES[number].replace(HERE, server.url))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=600, env=os.environ)
    assert done.returncode == 0, done.stderr


def test_the_first_example_is_paid_for_what_it_reads(server):
    program = EXAMPLES[0].replace(HERE, server.url)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=600)
    assert "storefront" in done.stdout
    assert float(done.stdout.splitlines()[-1].split()[0]) > 0
