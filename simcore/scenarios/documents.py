"""YAML documents with the line of every value, read as `kubectl apply` reads them, within bounds.

Plain data only: text keys, no duplicates, no merge keys, no tags, timestamps stay text, numbers are finite.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from simcore.errors import ScenarioError

LIMIT_BYTES = 256 * 1024
LIMIT_VALUES = 20_000
"""Values of one document with every alias written out: what an anchor bomb multiplies."""
LIMIT_DEPTH = 40

PathParts = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """One mapping of a file, and where each of its values begins."""

    data: dict[str, Any]
    file: str
    lines: dict[PathParts, int] = field(repr=False)

    def line_of(self, path: PathParts) -> int:
        """The 1-based line of a value; of the nearest parent that is there for one that is missing."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines[path]

    def error(self, path: PathParts, message: str) -> ScenarioError:
        return ScenarioError(message, file=self.file, path=dotted(path), line=self.line_of(path))


def dotted(path: PathParts) -> str:
    """`("spec", "faults", 0)` as `spec.faults[0]`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def load_documents(source: str | Path, *, file: str = "") -> list[Document]:
    """The documents of a file (a Path) or of a text. Empty ones are skipped. Raises ScenarioError."""
    file = file or (str(source) if isinstance(source, Path) else "<text>")
    text = _read(source, file)
    try:
        nodes = list(yaml.compose_all(text, Loader=yaml.SafeLoader))
    except yaml.MarkedYAMLError as problem:
        raise _syntax_error(problem, file) from None
    except yaml.YAMLError as problem:
        raise ScenarioError(f"not YAML: {' '.join(str(problem).split())}", file=file) from None
    except RecursionError:
        raise ScenarioError(f"nested deeper than {LIMIT_DEPTH} levels", file=file) from None
    return [_document(node, file) for node in nodes if not _is_empty(node)]


def _read(source: str | Path, file: str) -> str:
    try:
        raw = _first_bytes(source) if isinstance(source, Path) else source.encode()
        if len(raw) > LIMIT_BYTES:
            raise ScenarioError(f"larger than {LIMIT_BYTES // 1024} KiB", file=file)
        return raw.decode()
    except OSError as problem:
        raise ScenarioError(f"cannot be read: {problem.strerror}", file=file) from None
    except UnicodeError:
        raise ScenarioError("not UTF-8 text", file=file) from None


def _first_bytes(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(LIMIT_BYTES + 1)


def _syntax_error(problem: yaml.MarkedYAMLError, file: str) -> ScenarioError:
    mark = problem.problem_mark or problem.context_mark
    what = ", ".join(part for part in (problem.context, problem.problem) if part)
    return ScenarioError(f"not YAML: {what}", file=file, line=mark.line + 1 if mark else None)


def _is_empty(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def _document(node: yaml.Node, file: str) -> Document:
    if not isinstance(node, yaml.MappingNode):
        raise ScenarioError("expected a mapping of fields", file=file, line=node.start_mark.line + 1)
    reader = _Reader(file)
    data = reader.value(node, (), node.start_mark.line + 1)
    return Document(data, file, reader.lines)


class _Reader:
    """Turns composed nodes into plain data and notes the lines."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[PathParts, int] = {}

    def value(self, node: yaml.Node, path: PathParts, line: int) -> Any:
        self.lines[path] = line
        if len(self.lines) > LIMIT_VALUES:
            raise self._error(node, path, f"more than {LIMIT_VALUES} values, aliases written out")
        if len(path) > LIMIT_DEPTH:
            raise self._error(node, path, f"nested deeper than {LIMIT_DEPTH} levels")
        if isinstance(node, yaml.MappingNode):
            return {key: self.value(child, (*path, key), at) for key, child, at in self._fields(node, path)}
        if isinstance(node, yaml.SequenceNode):
            children = enumerate(node.value)
            return [self.value(child, (*path, i), child.start_mark.line + 1) for i, child in children]
        return self._scalar(node, path)

    def _fields(self, node: yaml.MappingNode, path: PathParts) -> Iterator[tuple[str, yaml.Node, int]]:
        seen: set[str] = set()
        for key, child in node.value:
            name = self._key(key, path)
            if name in seen:
                raise self._error(key, (*path, name), "given twice")
            seen.add(name)
            yield name, child, key.start_mark.line + 1

    def _key(self, key: yaml.Node, path: PathParts) -> str:
        if key.tag == "tag:yaml.org,2002:merge":
            raise self._error(key, path, "merge keys (<<) are not supported; write the fields out")
        if not isinstance(key, yaml.ScalarNode) or key.tag != "tag:yaml.org,2002:str":
            raise self._error(key, path, "a field's name must be text; put it in quotes")
        return str(key.value)

    def _scalar(self, node: yaml.Node, path: PathParts) -> Any:
        construct = _SCALARS.get(node.tag)
        if construct is None:
            raise self._error(node, path, f"the tag {node.tag} is not supported; use plain values")
        try:
            value = construct(node)
        except (ValueError, yaml.YAMLError):
            raise self._error(node, path, f"{node.value!r} cannot be read as a value") from None
        if isinstance(value, float) and not math.isfinite(value):
            raise self._error(node, path, "expected a finite number")
        return value

    def _error(self, node: yaml.Node, path: PathParts, message: str) -> ScenarioError:
        return ScenarioError(message, file=self.file, path=dotted(path), line=node.start_mark.line + 1)


_CONSTRUCTOR: Any = yaml.constructor.SafeConstructor()
_SCALARS: dict[str, Callable[[Any], Any]] = {
    "tag:yaml.org,2002:str": lambda node: node.value,
    "tag:yaml.org,2002:timestamp": lambda node: node.value,
    "tag:yaml.org,2002:bool": _CONSTRUCTOR.construct_yaml_bool,
    "tag:yaml.org,2002:int": _CONSTRUCTOR.construct_yaml_int,
    "tag:yaml.org,2002:float": _CONSTRUCTOR.construct_yaml_float,
    "tag:yaml.org,2002:null": lambda node: None,
}
