"""What a reader of a PDF would read, gathered from what it is built of."""

from collections.abc import Iterable, Iterator
from typing import Any


def words_of(parts: Iterable[Any]) -> list[str]:
    """The texts of all paragraphs, those in tables and groups too, in their order."""
    return [" ".join(text.split()) for part in parts for text in _texts(part)]


def _texts(part: Any) -> Iterator[str]:
    if hasattr(part, "getPlainText"):
        yield part.getPlainText(identify=1)
    elif hasattr(part, "_cellvalues"):
        for row in part._cellvalues:
            for cell in row:
                for inner in cell if isinstance(cell, list | tuple) else [cell]:
                    yield from _texts(inner)
    elif hasattr(part, "_content"):
        for inner in part._content:
            yield from _texts(inner)
