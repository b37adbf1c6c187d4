"""Text of others, made safe to keep: bounded in bytes, without what JSON stores or terminals choke on."""

from collections.abc import Mapping

from praetor.resources.alert import KEY_LIMIT

_CONTROLS = {code: "\ufffd" for code in (*range(0x20), 0x7F) if chr(code) not in "\n\t"}
_ELLIPSIS = "…"


def clean(text: str, limit_bytes: int) -> str:
    """`text` in at most `limit_bytes` bytes of UTF-8; what is cut off is shown as an ellipsis."""
    whole = text.encode("utf-8", "replace").decode().translate(_CONTROLS)
    if len(whole.encode()) <= limit_bytes:
        return whole
    room = limit_bytes - len(_ELLIPSIS.encode())
    return whole.encode()[:room].decode(errors="ignore") + _ELLIPSIS


def clean_map(texts: Mapping[str, str], *, entries: int, value_bytes: int, total_bytes: int) -> dict[str, str]:
    """The first `entries` of `texts` by name that fit into `total_bytes`, each value bounded."""
    kept: dict[str, str] = {}
    for name in sorted(texts)[:entries]:
        key, value = clean(name, KEY_LIMIT), clean(texts[name], value_bytes)
        total_bytes -= len(key.encode()) + len(value.encode())
        if total_bytes < 0:
            break
        kept[key] = value
    return kept
