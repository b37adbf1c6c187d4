"""Where the binaries of the API server are looked for, and what is said when they cannot be had."""

import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from tests.controlplane import assets, gobuild
from tests.controlplane.assets import AssetsMissingError, find_assets
from tests.controlplane.download import WANTED, archive, unpack

INDEX = {
    "releases": {
        "v1.33.0": {"envtest-v1.33.0-linux-amd64.tar.gz": {"hash": "old", "selfLink": "https://old.example"}},
        "v1.34.1": {"envtest-v1.34.1-linux-amd64.tar.gz": {"hash": "a1", "selfLink": "https://one.example"}},
        "v1.34.10": {"envtest-v1.34.10-linux-amd64.tar.gz": {"hash": "a10", "selfLink": "https://ten.example"}},
    }
}


def programs(directory: Path) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    for name in assets.REQUIRED:
        (directory / name).touch(mode=0o755)
    return directory


def tarball(*names: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name in names:
            member = tarfile.TarInfo(f"controller-tools/envtest/{name}")
            member.size = len(name)
            tar.addfile(member, io.BytesIO(name.encode()))
    return buffer.getvalue()


def test_the_environment_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(programs(tmp_path)))
    assert find_assets() == tmp_path


def test_a_wrong_environment_is_an_error_and_no_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    with pytest.raises(AssetsMissingError, match=r"KUBEBUILDER_ASSETS is .* has no etcd, kube-apiserver, kubectl"):
        find_assets()


def test_the_cache_comes_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    cache = programs(tmp_path / "praetor" / "controlplane" / assets.KUBERNETES_VERSION)
    assert find_assets() == cache


def test_when_nothing_helps_it_says_what_was_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("tests.controlplane.download.INDEX_URL", (tmp_path / "absent").as_uri())
    with pytest.raises(AssetsMissingError) as missing:
        find_assets()
    for words in ("KUBEBUILDER_ASSETS is not set", "go, to build", "the envtest download failed"):
        assert words in str(missing.value)


def test_a_failed_build_says_which_command_and_why(tmp_path: Path) -> None:
    said: list[str] = []
    with pytest.raises(RuntimeError, match=r"go, to build|`go mod tidy` failed"):
        gobuild.build_assets(tmp_path, "1.0.invalid", "3.6.5", said.append)
    assert not (tmp_path / "etcd").exists()


def test_the_newest_patch_of_the_minor_version_is_downloaded() -> None:
    assert archive(INDEX, "1.34.4", "linux", "amd64") == ("https://ten.example", "a10")


@pytest.mark.parametrize(
    ("version", "machine", "words"), [("1.99.0", "amd64", "no release"), ("1.34.4", "s390x", "no archive")]
)
def test_a_missing_download_is_named(version: str, machine: str, words: str) -> None:
    with pytest.raises(RuntimeError, match=words):
        archive(INDEX, version, "linux", machine)


def test_the_programs_of_an_archive_are_unpacked(tmp_path: Path) -> None:
    data = tarball(*WANTED, "README")
    unpack(data, hashlib.sha512(data).hexdigest(), tmp_path)
    assert assets.missing(tmp_path) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(WANTED)


def test_an_archive_that_was_changed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="SHA-512 differs"):
        unpack(tarball(*WANTED), "0" * 128, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_archive_without_a_program_is_refused(tmp_path: Path) -> None:
    data = tarball("etcd")
    with pytest.raises(RuntimeError, match="no kube-apiserver"):
        unpack(data, hashlib.sha512(data).hexdigest(), tmp_path)
