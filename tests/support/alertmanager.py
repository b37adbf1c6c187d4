"""A real Alertmanager that notifies at once and repeats every second."""

import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from tests.controlplane.processes import free_port, start, stop, wait_ready

NAMES = ("prometheus-alertmanager", "alertmanager")
READY_SECONDS = 240.0
_OPEN_END = timedelta(hours=1)


def alertmanager_binary() -> str | None:
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class Alertmanager:
    def __init__(self, url: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self.url, self.process, self.log = url, process, log

    def post(self, labels: Sequence[dict[str, str]], started: datetime, ended: datetime | None = None) -> None:
        alerts = [
            {
                "labels": one,
                "annotations": {"summary": f"{one['alertname']} on {one['service']}"},
                "startsAt": started.isoformat(),
                "endsAt": (ended or datetime.now(UTC) + _OPEN_END).isoformat(),
            }
            for one in labels
        ]
        httpx.post(f"{self.url}/api/v2/alerts", json=alerts, timeout=60).raise_for_status()


@contextmanager
def alertmanager(folder: Path, webhook: str, token: str, port: int = 0) -> Iterator[Alertmanager]:
    """Running, with one receiver; it goes on with what it kept in `folder` before. Raises NotReadyError."""
    binary = alertmanager_binary()
    assert binary is not None
    folder.mkdir(exist_ok=True)
    config, log, port = folder / "alertmanager.yml", folder / "log", port or free_port()
    config.write_text(json.dumps(_config(webhook, token)))
    arguments = [
        binary, f"--config.file={config}", f"--storage.path={folder / 'data'}", "--cluster.listen-address=",
        f"--web.listen-address=127.0.0.1:{port}", "--log.level=debug",
    ]  # fmt: skip
    process = start(arguments, log)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_ready(process, log, lambda: _is_ready(url), READY_SECONDS)
        yield Alertmanager(url, process, log)
    finally:
        stop(process)


def _config(webhook: str, token: str) -> dict[str, Any]:
    return {
        "route": {
            "receiver": "praetor",
            "group_by": ["alertname", "service"],
            "group_wait": "10ms",
            "group_interval": "1s",
            "repeat_interval": "1s",
        },
        "receivers": [
            {
                "name": "praetor",
                "webhook_configs": [
                    {
                        "url": webhook,
                        "send_resolved": True,
                        "http_config": {"authorization": {"type": "Bearer", "credentials": token}},
                    }
                ],
            }
        ],
    }


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/-/ready", timeout=30, verify=False).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
