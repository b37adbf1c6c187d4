"""Plays a recorded trajectory on a running server: `python -m praetor.openenv.trajectory FILE [URL]`.

A file is a runtime plan of OpenEnv's validator: a reset and the actions after it, as JSON.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from simcore.errors import SimcoreError

DEFAULT_URL = "http://127.0.0.1:8000"
_ANSWER_SECONDS = 60.0  # for hangs only


class TrajectoryError(SimcoreError):
    """The server answered an error; the text is its."""


def play_trajectory(url: str, plan: Mapping[str, Any]) -> tuple[float, dict[str, Any]]:
    """The sum of the rewards, and the last step's metadata. Raises TrajectoryError."""
    reset = plan["reset"]
    total, last = 0.0, dict[str, Any]()
    with connect(_websocket(url), proxy=None, max_size=None) as socket:
        _ask(socket, "reset", reset["options"] | {"seed": reset["seed"], "episode_id": reset["episode_id"]})
        for action in plan["actions"]:
            last = _ask(socket, "step", action)
            total += last["reward"]
            if last["done"]:
                break
    return total, dict(last.get("metadata") or {})


def _websocket(url: str) -> str:
    return url.rstrip("/").replace("http", "ws", 1) + "/ws"


def _ask(socket: ClientConnection, kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
    socket.send(json.dumps({"type": kind, "data": data}))
    answer: dict[str, Any] = json.loads(socket.recv(timeout=_ANSWER_SECONDS))
    if answer["type"] != "observation":
        raise TrajectoryError(f"{kind}: {answer['data']}")
    data = answer["data"]
    return dict(data)


def main(arguments: list[str]) -> int:
    if len(arguments) not in (1, 2):
        print("usage: python -m praetor.openenv.trajectory FILE [URL]", file=sys.stderr)  # noqa: T201
        return 2
    plan = json.loads(Path(arguments[0]).read_text())
    total, ended = play_trajectory(arguments[1] if len(arguments) == 2 else DEFAULT_URL, plan)
    print(json.dumps({"reward": round(total, 9), "resolved": ended.get("resolved")}))  # noqa: T201
    return 0 if ended.get("resolved") else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
