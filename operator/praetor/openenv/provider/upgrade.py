"""Is an OpenEnv server there? Only a WebSocket upgrade on /ws tells: /health may answer long before."""

import asyncio
import contextlib
import json
from collections.abc import Mapping

from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus, WebSocketException

_CLOSE = json.dumps({"type": "close"})
_REFUSED = frozenset({401, 403, 404})


class RefusedError(Exception):
    """A server is there, and will never let us in like this."""


async def upgrade(base_url: str, headers: Mapping[str, str], seconds: float) -> str:
    """Why not, or "" when the upgrade succeeded; raises RefusedError.

    The session that it opened is closed as a client does, and waited for: the server may have room for one only.
    """
    url = f"{base_url.replace('http', 'ws', 1)}/ws"
    try:
        async with connect(url, additional_headers=headers, open_timeout=seconds, proxy=None, max_size=None) as socket:
            with contextlib.suppress(WebSocketException, TimeoutError):
                await socket.send(_CLOSE)
                await asyncio.wait_for(socket.wait_closed(), seconds)
        return ""
    except InvalidStatus as refusal:
        status = refusal.response.status_code
        if status in _REFUSED:
            raise RefusedError(f"the WebSocket upgrade on /ws was answered with {status}") from None
        return f"the WebSocket upgrade on /ws was answered with {status}"
    except (OSError, TimeoutError, WebSocketException) as error:
        return f"no WebSocket upgrade on /ws yet: {str(error) or type(error).__name__}"
