"""The demo site as a process of its own, and what of it there is on this machine."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

SERVICES = ("frontend", "api", "postgres")
START = "from praetor.cli.main import main; main()"
PATIENCE_SECONDS = 240.0
"""Only for hangs: processes of the site begin slowly where the machine is slow."""
_STEP_SECONDS = 0.3


class DemoSite:
    """`users_log`: where it writes what users saw, if anywhere."""

    def __init__(self, process: subprocess.Popen[str], url: str, token: str, users_log: Path | None = None) -> None:
        self.process, self.url, self._users_log = process, url, users_log
        self.begin()
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.http = httpx.Client(base_url=url, headers=headers, timeout=60.0, trust_env=False)

    def get(self, path: str, **query: Any) -> Any:
        answer = self.http.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def change(self, name: str, **body: Any) -> None:
        answer = self.http.post(f"/ops/{name}", json=body)
        assert answer.status_code == 200, answer.text

    def metrics(self, service: str = "api") -> dict[str, Any]:
        return self.get("/ops/metrics", service=service)

    def lines(self, service: str = "api") -> list[str]:
        """Written since `begin`: they begin with their time."""
        return [line for line in self.get("/ops/logs", service=service, lines=1000)["logs"] if line >= self._since]

    def says(self, words: str, service: str = "api") -> bool:
        return any(words in line for line in self.lines(service))

    def hears(self, words: str, service: str = "api") -> None:
        """Waits for a line: it may be read later than what users see of it."""
        until(lambda: self.says(words, service), lambda: self.lines(service)[-20:])

    def errors(self, path: str = "", seconds: float = 3.0) -> float:
        """Percent of the users' requests that failed; of one path, or of all."""
        seen = self.get("/users", seconds=seconds)
        seen = seen["paths"].get(path, {"error_rate_percent": 0.0}) if path else seen
        return seen["error_rate_percent"]

    def seen(self, path: str = "") -> dict[str, Any]:
        """What users saw since `begin`, of one path or of all."""
        seen: dict[str, Any] = self.get("/users", seconds=time.monotonic() - self._began)
        return seen["paths"].get(path, {"requests": 0, "failed": 0}) if path else seen

    def told(self) -> dict[str, Any]:
        """For the message of a test that fails: what users saw, which of their requests failed, who complained."""
        complaints = {name: [one for one in self.lines(name) if "[INFO]" not in one][-10:] for name in SERVICES}
        failed = [one for one in self.record() if one["status"] in (0, 429) or one["status"] >= 500]
        return {"users": self.get("/users", seconds=6.0), "failed": failed[-20:]} | complaints

    def record(self) -> list[dict[str, Any]]:
        """What users saw, as it was written; nothing before the first of them has come."""
        if self._users_log is None or not self._users_log.exists():
            return []
        return [json.loads(line) for line in self._users_log.read_text().splitlines() if line.endswith("}")]

    def version(self, service: str = "api") -> str:
        services = self.get("/ops/services")["services"]
        return next(one["version"] for one in services if one["name"] == service)

    def users_are_served(self, seconds: float = 3.0) -> bool:
        seen = self.get("/users", seconds=seconds)
        return seen["requests"] >= 15 and seen["failed"] == 0

    def begin(self) -> None:
        """What was said and seen before does not count."""
        self._since, self._began = datetime.now(UTC).isoformat(), time.monotonic()


def until(met: Callable[[], bool], told: Callable[[], Any], seconds: float = PATIENCE_SECONDS) -> None:
    """Waits for what is to come; says what there was instead."""
    ends = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < ends, f"not within {seconds:g} s: {told()}"
        time.sleep(_STEP_SECONDS)


@contextmanager
def demo_site(*options: str, token: str = "", users_log: Path | None = None, temporary: str = "") -> Iterator[DemoSite]:
    """`temporary`: a folder for the site's own, where no other site's is."""
    environment = os.environ | {"PRAETOR_SITE_TOKEN": token} | ({"TMPDIR": temporary} if temporary else {})
    logged = ["--users-log", str(users_log)] if users_log else []
    command = [sys.executable, "-c", START, "site", "demo", *options, *logged]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    assert process.stderr is not None
    url = process.stdout.readline().strip()
    if not url:
        raise AssertionError(process.stderr.read())
    site = DemoSite(process, url, token, users_log)
    try:
        yield site
    finally:
        site.http.close()
        process.terminate()
        process.wait(PATIENCE_SECONDS)
        process.stdout.close()
        process.stderr.close()


def left_of(pid: int, workdir: str, children: list[int]) -> list[str]:
    """What is still there of a site: processes, folder, mounts, control groups."""
    everywhere = os.walk("/sys/fs/cgroup")  # others come and go in it meanwhile
    groups = [folder for folder, _, _ in everywhere if folder.endswith(f"/praetor-site-{pid}")]
    mounts = [line for line in Path("/proc/mounts").read_text().splitlines() if workdir in line]
    alive = [str(child) for child in [pid, *children] if _is_alive(child)]
    return alive + groups + mounts + ([workdir] if Path(workdir).exists() else [])


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
