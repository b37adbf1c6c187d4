"""A real Prometheus that evaluates every second, and a page of metrics that a test can change."""

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

from tests.controlplane.processes import free_port, start, stop, wait_ready

READY_SECONDS = 240.0


def prometheus_binary() -> str | None:
    return shutil.which("prometheus")


class Exporter:
    """`text` is what is scraped."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.port = 0


@contextmanager
def exporter(text: str) -> Iterator[Exporter]:
    page = Exporter(text)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(page.text.encode())

        def log_message(self, *_: object) -> None:
            """Not every scrape is worth a line."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    page.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield page
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def prometheus(
    folder: Path, rules: Path, scraped_port: int, alertmanager_port: int, scrape_seconds: int = 1
) -> Iterator[str]:
    """Its address; raises NotReadyError. Who is scraped has `scrape_seconds` to answer, else alerts end and begin."""
    binary = prometheus_binary()
    assert binary is not None
    folder.mkdir()
    config, log, port = folder / "prometheus.yml", folder / "log", free_port()
    config.write_text(json.dumps(_config(rules, scraped_port, alertmanager_port, scrape_seconds)))
    arguments = [
        binary, f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}", "--rules.alert.resend-delay=5s",
    ]  # fmt: skip
    process = start(arguments, log)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_ready(process, log, lambda: _is_ready(url), READY_SECONDS)
        yield url
    finally:
        stop(process)


def _config(rules: Path, scraped_port: int, alertmanager_port: int, scrape_seconds: int) -> dict[str, Any]:
    every = f"{scrape_seconds}s"
    return {
        "global": {"scrape_interval": every, "scrape_timeout": every, "evaluation_interval": "1s"},
        "rule_files": [str(rules)],
        "scrape_configs": [{"job_name": "shop", "static_configs": [{"targets": [f"127.0.0.1:{scraped_port}"]}]}],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{alertmanager_port}"]}]}]},
    }


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/-/ready", timeout=30, verify=False).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
