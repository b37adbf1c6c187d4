"""Language models on loopback."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.chat_server import ChatServer


@pytest.fixture
def chat() -> Iterator[Callable[[Any], ChatServer]]:
    """`chat(model)` serves a model on loopback."""
    servers: list[ChatServer] = []

    def serve(model: Any) -> ChatServer:
        servers.append(ChatServer(model))
        return servers[-1]

    yield serve
    for server in servers:
        server.close()
