"""The library without our package, in both of its lines: `openenv` 0.10, and `openenv-core` 0.3, where it began.

They have one import name. The older is unpacked into a folder of its own, which its process looks into first.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.openenv_servers import Running, praetor_server

pytest.importorskip("openenv", reason="the openenv library is not installed: pip install 'praetor[openenv]'")

PLAYS = Path(__file__).parents[1] / "support" / "openenv_plays.py"
OLDER = "openenv-core==0.3.*"
TOKEN = "a-token-of-this-test"


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with praetor_server(PRAETOR_OPENENV_TOKEN=TOKEN) as running:
        yield running


@pytest.fixture(scope="module")
def older(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("openenv-core")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), OLDER]
    done = subprocess.run(install, capture_output=True, text=True, timeout=600)
    if done.returncode != 0:
        pytest.skip(f"{OLDER} cannot be had here: {done.stderr.strip()[-300:]}")
    return folder


def played(url: str, *before: Path) -> dict:
    """By the library that is found first in these folders, else the one installed; our code is nowhere."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, before))}
    command = [sys.executable, "-P", str(PLAYS), url]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=600)
    assert done.returncode == 0, done.stderr
    told: dict = json.loads(done.stdout)
    return told


def test_the_library_alone_plays(server):
    told = played(server.url)
    assert told["text"].startswith("[step 0/")
    assert told["done"] == [False, True]
    assert told["score"] == 0.0
    assert "VALIDATION_ERROR" in told["refused"]
    assert (told["state"]["episode_id"], told["state"]["step_count"]) == ("mine", 2)
    assert told["auto"] == "alert"


def test_clients_of_the_older_line_play_the_same_episode(server, older):
    with_token = server.url.replace("http://", f"http://user:{TOKEN}@")
    told, newer = played(with_token, older), played(server.url)
    assert told.pop("library").startswith(str(older))
    assert not newer.pop("library").startswith(str(older))
    assert told == newer
