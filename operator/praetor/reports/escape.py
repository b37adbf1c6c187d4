"""Text of others as harmless Markdown: it shows what was said, and can be no markup, no link and no HTML."""

import re
from typing import Any

LIMIT_CHARACTERS = 400
NAME_CHARACTERS = 63
_SPECIAL = re.compile(r"[\\`*_{}\[\]#|~!$@]")
_HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_AUTOLINK = re.compile(r"(?i)(?<=:)(?=//)|(?<=www)(?=\.)")
_BLOCK_START = re.compile(r"^([-+=]|\d+[.)](?= |$))")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")


def text(value: Any, limit: int = LIMIT_CHARACTERS) -> str:
    """One line of Markdown that renders as the value's text, cut with an ellipsis; `-` for nothing."""
    line = one_line(value, limit)
    if not line:
        return "-"
    html_safe = "".join(_HTML.get(character, character) for character in line)
    no_markup = _SPECIAL.sub(lambda found: f"\\{found[0]}", html_safe)
    no_links = _AUTOLINK.sub(r"\\", no_markup)
    return _BLOCK_START.sub(lambda found: f"{found[0][:-1]}\\{found[0][-1]}", no_links)


def name(value: Any) -> str:
    """A service, a mechanism, an action: as code if it is a plain name, else as any other text."""
    line = one_line(value, NAME_CHARACTERS)
    return f"`{line}`" if _PLAIN_NAME.fullmatch(line) else text(line)


def one_line(value: Any, limit: int) -> str:
    """Without line breaks and unseen characters, such as those that reverse the writing direction."""
    said = str("" if value is None else value)
    seen = " ".join("".join(character for character in said if character.isprintable() or character.isspace()).split())
    return seen if len(seen) <= limit else f"{seen[: limit - 1]}…"
