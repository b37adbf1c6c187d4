"""A server that speaks the chat completions API on loopback; its "model" is a function of the request."""

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Request = dict[str, Any]
Model = Callable[[Request], Any]
"""Gives the assistant's message, or (status, body, headers) for anything else."""


class ChatServer:
    """`requests` has every body that came, `headers` what came with it."""

    def __init__(self, model: Model) -> None:
        self.model, self.requests, self.headers = model, [], []
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    @property
    def port(self) -> int:
        return self._http.server_address[1]

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def close(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def _answer(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes, dict[str, str]]:
        if path != "/v1/chat/completions":
            return 404, b'{"error": {"message": "no such route"}}', {}
        request = json.loads(body)
        self.requests.append(request)
        self.headers.append(headers)
        said = self.model(request)
        if isinstance(said, tuple):
            return said
        usage = {"prompt_tokens": len(body) // 4, "completion_tokens": 50}
        return 200, json.dumps({"choices": [{"message": said}], "usage": usage}).encode(), {}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                told = server._answer(self.path, dict(self.headers), body)
                with suppress(ConnectionError):  # who asked has not waited
                    self._tell(*told)

            def _tell(self, status: int, answer: bytes, headers: dict[str, str]) -> None:
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(answer))} | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler


def call(name: str, call_id: str = "call_1", why: str = "to see", **arguments: Any) -> dict[str, Any]:
    """An assistant's message with one tool call."""
    function = {"name": name, "arguments": json.dumps({"why": why} | arguments)}
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": call_id, "type": "function", "function": function}],
    }
