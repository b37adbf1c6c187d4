"""The curl lines of docs/alerts.md, as they stand there, against a gateway on a socket."""

import asyncio
import os
import re
import shutil
from pathlib import Path

import pytest
import yaml

from praetor.alerts.sources import mapped_sources, sources_of
from praetor.store.directory import DirectoryStore
from praetor.web.serving import bind, port_of
from tests.support.gateway import TOKEN
from tests.support.live_gateway import live_gateway

TOOLS = ("bash", "curl", "openssl", "od", "base64")
pytestmark = pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason=f"not all here: {', '.join(TOOLS)}")
ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "alerts.md").read_text()
BLOCKS = [block for block in re.findall(r"```console\n(.*?)```", TEXT, re.S) if "curl" in block]
SECRETS = {
    "PRAETOR_PAGERDUTY_SECRET": "a-secret-of-pagerduty",
    "PRAETOR_GRAFANA_SECRET": "a-secret-of-grafana",
    "PRAETOR_STANDARD_WEBHOOKS_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
}
STATUS_ONLY = "curl() { command curl -sS -o /dev/null -w '%{http_code}\\n' \"$@\"; }\n"


def titled(block: str) -> str:
    """By its source, for the name of the test."""
    return re.sub(r"\W+", "-", block.rpartition("/incidents/webhook/")[2]).strip("-") + f"-{BLOCKS.index(block)}"


@pytest.mark.parametrize("block", BLOCKS, ids=titled)
async def test_the_example_makes_a_run(block: str, tmp_path: Path) -> None:
    store, listening = DirectoryStore(tmp_path / "data"), bind("127.0.0.1", 0)
    environment = SECRETS | {"PRAETOR": f"http://127.0.0.1:{port_of(listening)}", "TOKEN": TOKEN}
    async with live_gateway(store, listening, sources=sources_of(SECRETS)):
        process = await asyncio.create_subprocess_exec(
            "bash", "-euc", STATUS_ONLY + block, cwd=ROOT, env={"PATH": os.environ["PATH"]} | environment,
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        output, _ = await process.communicate()
    answers = output.decode().split()
    assert set(answers) == {"202"}
    assert len(await store.find("IncidentRun")) == len(answers)
    store.close()


def test_the_example_of_a_configuration_is_one() -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", TEXT, re.S)
    assert mapped_sources(yaml.safe_load(block), "docs/alerts.md", {}).keys() == {"nagios"}


def test_every_source_and_every_secret_is_told() -> None:
    for name, source in sources_of({}).items():
        assert f"`{name}`" in TEXT
        assert source.secret is None or source.secret.variable in TEXT
