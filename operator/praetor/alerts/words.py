"""Text as words: `ContainerOOMKilled` is container, oom, killed; `headroom` is one word and not `oom`.

All of it takes time linear in the text, whatever the text is.
"""

import re

_RUN = re.compile(r"[^\W_]+")
_PART = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+(?:[a-z]+|[A-Z]+(?![a-z]))?")
_SENTENCE = re.compile(r"[.!?;](?=\s)|[\r\n]")
_NOT_SAID = re.compile(
    r"\{\{[^{}]*\}\}"  # a template's value that nobody filled in
    r"|(?<![a-zA-Z])[a-zA-Z]{1,10}://\S*"  # an address
    r"|\bLABELS\s?[=:]\s?map\[.*"  # the labels once more, as many rules append them to the description
)
Sentence = tuple[str, ...]


def words_of(text: str) -> Sentence:
    """Lower-case words. Capitals and digits begin a new one in ASCII; letters of other scripts belong to theirs."""
    return tuple(word for run in _RUN.findall(text) for word in _parts(run))


def sentences_of(text: str) -> list[Sentence]:
    """What is said in `text`, sentence by sentence: values, addresses and appended labels are not."""
    return [words for part in _SENTENCE.split(_NOT_SAID.sub(" ", text)) if (words := words_of(part))]


def _parts(run: str) -> list[str]:
    return [part.lower() for part in _PART.findall(run)] if run.isascii() else [run.lower()]
