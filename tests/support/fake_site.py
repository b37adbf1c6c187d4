"""A site that keeps the /ops contract, or not: answers by path, and remembers what it was asked."""

import json
from collections.abc import Callable
from typing import Any

import httpx

from praetor.guard.client import Answer

METRICS = {
    "cpu_percent": 3.5,
    "memory_mb": 100,
    "memory_limit_mb": 512,
    "error_rate_percent": 0.0,
    "request_latency_p99_ms": 20.0,
    "active_connections": 1,
    "requests_per_second": 12.0,
}
HEALTH = {"status": "ok", "services": [{"name": "frontend", "health": "healthy"}, {"name": "api", "health": "healthy"}]}
OK = {"ok": True, "message": "begun", "error": None}
NEEDED = {
    "restart": {"service"},
    "scale": {"service", "replicas"},
    "config": {"service", "key", "value"},
    "rollback": {"service", "to_version"},
    "break": {"scenario"},
    "heal": set(),
}
Told = tuple[int, Any]


class FakeSite:
    """`answers` replaces endpoints by name: an answer, a function of the request, or None for not there."""

    def __init__(self, **answers: Told | Callable[[httpx.Request], Told] | None) -> None:
        self.answers = {
            "health": (200, HEALTH),
            "services": (200, {"services": [{"name": "api", "replicas": 2}]}),
            "metrics": (200, METRICS),
            "logs": (200, {"logs": ["[INFO] api - started"]}),
            **dict.fromkeys(NEEDED, self._change),
            **answers,
        }
        self.asked: list[tuple[str, str]] = []
        self.bodies: list[Any] = []

    @property
    def client(self) -> "FakeSite":
        """Itself, in the place of a guarded client."""
        return self

    def request(self, method: str, path: str, *, query=None, body=None, headers=None) -> Answer:
        request = httpx.Request(method, f"http://site.test{path}", params=query, json=body, headers=headers)
        answer = self._handle(request)
        return Answer(answer.status_code, answer.headers, answer.content)

    def close(self) -> None:
        """There is nothing to close."""

    def _handle(self, request: httpx.Request) -> httpx.Response:
        name = request.url.path.removeprefix("/ops/")
        self.asked.append((request.method, name))
        if request.method == "POST":
            self.bodies.append((name, json.loads(request.content)))
        answer = self.answers.get(name)
        if answer is None:
            return httpx.Response(404, json={"detail": "Not Found"})
        if request.method == "OPTIONS":
            return httpx.Response(405, headers={"Allow": "POST"})
        status, body = answer(request) if callable(answer) else answer
        return httpx.Response(status, content=body if isinstance(body, bytes) else json.dumps(body).encode())

    def _change(self, request: httpx.Request) -> Told:
        name, body = request.url.path.removeprefix("/ops/"), json.loads(request.content)
        if not NEEDED[name] <= body.keys():
            return 422, {"ok": False, "message": "", "error": "something is missing"}
        return 200, OK
