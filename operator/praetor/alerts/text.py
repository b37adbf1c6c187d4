"""Text of others, made safe to keep: bounded as it is stored, without what JSON stores or terminals choke on."""

from collections.abc import Mapping
from itertools import accumulate

from praetor.resources.alert import KEY_LIMIT
from praetor.store.limits import json_bytes

_CONTROLS = {code: "\ufffd" for code in (*range(0x20), 0x7F) if chr(code) not in "\n\t"}
_ELLIPSIS = "…"
_PUNCTUATION_BYTES = len('"":"",')


def clean(text: str, limit_bytes: int) -> str:
    """`text` in at most `limit_bytes` bytes of a JSON string; what is cut off is shown as an ellipsis."""
    whole = text.encode("utf-8", "replace").decode().translate(_CONTROLS)
    if stored_bytes(whole) <= limit_bytes:
        return whole
    return _beginning(whole, limit_bytes - stored_bytes(_ELLIPSIS)) + _ELLIPSIS


def stored_bytes(text: str) -> int:
    """Without the quotes around it; those inside take two bytes, as backslashes and newlines do."""
    return json_bytes(text) - 2


def clean_map(texts: Mapping[str, str], *, entries: int, value_bytes: int, total_bytes: int) -> dict[str, str]:
    """The first `entries` of `texts` by name that fit into `total_bytes` of JSON, each value bounded."""
    kept: dict[str, str] = {}
    for name in sorted(texts)[:entries]:
        key, value = clean(name, KEY_LIMIT), clean(texts[name], value_bytes)
        total_bytes -= stored_bytes(key) + stored_bytes(value) + _PUNCTUATION_BYTES
        if total_bytes < 0:
            break
        kept[key] = value
    return kept


def _beginning(text: str, room_bytes: int) -> str:
    shown = text[:room_bytes]
    spent = accumulate(stored_bytes(character) for character in shown)
    return shown[: sum(total_bytes <= room_bytes for total_bytes in spent)]
