import pytest

from praetor.store.directory import DirectoryStore


@pytest.fixture
def store(tmp_path):
    directory = DirectoryStore(tmp_path / "data")
    yield directory
    directory.close()
