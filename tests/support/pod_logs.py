"""What an API server answers that is asked for logs of pods."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

T = TypeVar("T")


class Logs:
    """`text` of every container, or a `problem`; `but` has other answers by pod. `asked` is what was asked for."""

    def __init__(self, text: str = "", problem: Exception | None = None, but: Mapping[str, Any] | None = None) -> None:
        self.asked: list[tuple[str, Mapping[str, str]]] = []
        self._answer, self._but = problem or text, but or {}

    async def text(self, path: str, query: Mapping[str, str]) -> str:
        pod = path.split("/")[-2]
        self.asked.append((pod, query))
        answer = self._but.get(pod, self._answer)
        if isinstance(answer, Exception):
            raise answer
        return str(answer)

    def run(self, ask: Callable[[Any], Awaitable[T]]) -> T:
        async def asked() -> T:
            return await ask(self)

        return asyncio.run(asked())
