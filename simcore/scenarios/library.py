"""The scenarios that ship with the package, one file of `library/` each; more by `PRAETOR_SCENARIO_DIR`."""

import os
from functools import lru_cache
from pathlib import Path

from simcore.errors import ScenarioError, UnknownNameError
from simcore.scenarios.documents import load_documents
from simcore.scenarios.load import load_scenario
from simcore.scenarios.spec import ScenarioDocument

_LIBRARY = Path(__file__).parent / "library"
_OWN = "PRAETOR_SCENARIO_DIR"


def library_names() -> list[str]:
    """Names of all scenarios that can be referred to, with hyphens, sorted."""
    return sorted(_files())


def library_scenario(name: str) -> ScenarioDocument:
    """A scenario by its name, with hyphens or underscores. Raises UnknownNameError that lists the names, and
    ScenarioError for a file or a folder that cannot be used."""
    files = _files()
    path = files.get(name.replace("_", "-"))
    if path is None:
        raise UnknownNameError(f"there is no scenario {name!r}; there are {', '.join(sorted(files))}")
    return _load(path, path.stat().st_mtime_ns)


def shipped_names() -> list[str]:
    """Names of the scenarios of the package alone."""
    return sorted(_listed(None, 0))


def shipped_scenario(name: str) -> ScenarioDocument:
    """A scenario of the package. Raises KeyError."""
    return _load(_listed(None, 0)[name], 0)


def _files() -> dict[str, Path]:
    own = os.environ.get(_OWN)
    if own and not Path(own).is_dir():
        raise ScenarioError(f"{_OWN}: there is no folder {own}; make it or unset the variable")
    return _listed(own, Path(own).stat().st_mtime_ns if own else 0)


@lru_cache(maxsize=8)
def _listed(own: str | None, _changed: int) -> dict[str, Path]:
    """Own files stand before those of the package; a folder's time changes when a file comes or goes."""
    folders = [_LIBRARY, Path(own)] if own else [_LIBRARY]
    return {path.stem: path for folder in folders for path in sorted(folder.glob("*.yaml"))}


@lru_cache(maxsize=512)
def _load(path: Path, _changed: int) -> ScenarioDocument:
    """Raises ScenarioError; also for a scenario that would be found under another name than its own."""
    document = load_scenario(path)
    if document.name != path.stem:
        message = f"should be {path.stem}, as the file is called; not {document.name!r}"
        raise load_documents(path)[0].error(("metadata", "name"), message)
    return document
