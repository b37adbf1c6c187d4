"""A token in the path, `/t/<token>/ws`, for clients that can be given nothing but a URL."""

from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send

PREFIX = "/t/"


@dataclass(frozen=True, slots=True)
class PathToken:
    """Moves the token to where the gate looks for one; nothing behind this ever sees it in a path.

    `under` is where the protocol is mounted, and what the token follows."""

    app: ASGIApp
    under: str = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and scope["path"].startswith(self.under + PREFIX):
            scope = _moved(scope, self.under)
        await self.app(scope, receive, send)


def _moved(scope: Scope, under: str) -> Scope:
    token, _, rest = scope["path"].removeprefix(under + PREFIX).partition("/")
    path = f"{under}/{rest}"
    kept = [(name, value) for name, value in scope["headers"] if name != b"authorization"]
    given = (b"authorization", b"Bearer " + token.encode("utf-8", "surrogateescape"))
    return dict(scope) | {"path": path, "raw_path": path.encode(), "headers": [*kept, given]}
