from collections.abc import Iterator
from pathlib import Path

import pytest

from praetor.store.directory import DirectoryStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DirectoryStore]:
    store = DirectoryStore(tmp_path)
    yield store
    store.close()
