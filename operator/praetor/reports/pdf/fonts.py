"""The fonts that every PDF embeds, and what becomes of characters that one of them lacks."""

import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib.resources import as_file, files
from itertools import groupby
from xml.sax.saxutils import escape

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

TEXT, STRONG, CODE, OTHER = "Praetor-Text", "Praetor-Strong", "Praetor-Code", "Praetor-Other"
_FILES = {
    TEXT: "Roboto-Regular.ttf",
    STRONG: "Roboto-Medium.ttf",
    CODE: "DejaVuSansMono.ttf",
    OTHER: "DejaVuSans.ttf",
}
_BOX = "\N{WHITE SQUARE}"


@cache
def register() -> None:
    """Once a process: makes the fonts known by their names, and `<b>` of the text font the strong one."""
    for name, file in _FILES.items():
        with as_file(files("praetor.reports").joinpath("fonts", file)) as path:
            pdfmetrics.registerFont(TTFont(name, str(path)))
    pdfmetrics.registerFontFamily(TEXT, normal=TEXT, bold=STRONG, italic=TEXT, boldItalic=STRONG)
    for single in (STRONG, CODE, OTHER):
        pdfmetrics.registerFontFamily(single, normal=single, bold=single, italic=single, boldItalic=single)


@cache
def _has(font: str) -> frozenset[int]:
    register()
    return frozenset(pdfmetrics.getFont(font).face.charToGlyph)


def markup(text: str, font: str = TEXT) -> str:
    """Plain text as reportlab's paragraph markup: nothing in it is obeyed, every character can be drawn."""
    return "".join(
        escape(part) if needed == font else f'<font name="{needed}">{escape(part)}</font>'
        for needed, part in _runs(text, font)
    )


def drawable(text: str, font: str = TEXT) -> str:
    """Plain text for one font: what it lacks is a box."""
    return "".join(character if ord(character) in _has(font) else _plain(character, font) for character in text)


def _plain(character: str, font: str) -> str:
    return "?" if ord(_BOX) not in _has(font) else _BOX


def _runs(text: str, font: str) -> Iterator[tuple[str, str]]:
    shown = "".join(_shown(character, font) for character in text)
    for needed, characters in groupby(shown, lambda character: font if ord(character) in _has(font) else OTHER):
        yield needed, "".join(characters)


def _shown(character: str, font: str) -> str:
    """Itself where a font has it; an emoji by its name, as `:fire:`; else a box."""
    if ord(character) in _has(font) or ord(character) in _has(OTHER):
        return character
    if unicodedata.category(character) == "So" and ord(character) > 0xFFFF:
        return f":{unicodedata.name(character, 'symbol').lower().replace(' ', '_')}:"
    return "" if unicodedata.category(character).startswith("M") else _BOX
