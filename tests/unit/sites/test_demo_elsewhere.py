"""Parts of the demo site in other places: what the supervisor starts there lives and ends with it."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

pytest.importorskip("psutil", reason="the site extra is not installed")
pytest.importorskip("psycopg", reason="the site extra is not installed")

from praetor.sites.demo.circumstances import Circumstances, CircumstancesFile
from praetor.sites.demo.commands import Command
from praetor.sites.demo.draws import Draws
from praetor.sites.demo.elsewhere import Elsewhere
from praetor.sites.demo.part import Part, part_app
from praetor.web.callers import SharedToken
from praetor.web.serving import bind, server_of, url_of
from tests.support.eventually import eventually
from tests.support.site_processes import processes_of

TOKEN = "a-long-enough-token"


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[tuple[str, Part]]:
    listening = bind("127.0.0.1", 0)
    part = Part(folder / "files", None, folder / "data", bind("127.0.0.1", 0))
    server = server_of(part_app(part, [SharedToken(TOKEN)], "0"))
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield url_of(listening), part
    finally:
        await part.close()
        server.should_exit = True
        await task


def frontend(part: Part) -> Command:
    setup = {
        "version": "v1.0",
        "memory_limit_mb": 256,
        "circumstances": str(part.folder / "circumstances.json"),
        "ca": None,
    }
    return Command("praetor.sites.demo.frontend", setup, listens=True)


async def ready(pod: Elsewhere, part: Part):
    running = await pod.start(frontend(part), 256)
    said = running.said()
    async with asyncio.timeout(60):
        async for line in said:
            if line.where == "out" and "ready" in line.line:
                return running, said
    raise AssertionError("it never was ready")


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    own = CircumstancesFile(tmp_path / "circumstances.json")
    own.write(Circumstances())
    return [own.path]


async def test_the_port_of_users_is_free_again_when_a_part_is_closed(tmp_path):
    async with serving(tmp_path) as (_, part):
        port = part.users_port
    bind("127.0.0.1", port).close()


async def test_a_process_elsewhere_gets_its_files_answers_and_ends_when_told(tmp_path, files):
    async with serving(tmp_path) as (url, part):
        pod = Elsewhere(url, TOKEN, files)
        running, _ = await ready(pod, part)
        assert (part.folder / "circumstances.json").read_text() == files[0].read_text()
        async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
            answer = await client.get(f"http://127.0.0.1:{part.users_port}/")
        assert answer.status_code == 200
        assert len(processes_of("praetor.sites.demo.frontend")) == 1
        await running.end()
        assert not processes_of("praetor.sites.demo.frontend")
        await pod.close()


async def test_a_supervisor_that_is_gone_leaves_no_process_behind(tmp_path, files):
    async with serving(tmp_path) as (url, part):
        pod = Elsewhere(url, TOKEN, files)
        _, said = await ready(pod, part)
        await said.aclose()
        await pod.close()  # as if it were killed: its connections end
        await eventually(lambda: not processes_of("praetor.sites.demo.frontend"))


async def test_a_file_that_changes_here_changes_there(tmp_path, files):
    async with serving(tmp_path) as (url, part):
        pod = Elsewhere(url, TOKEN, files)
        pushing = asyncio.create_task(pod.push_for_ever())
        CircumstancesFile(files[0]).change(catalogue_mb=77)
        there = part.folder / "circumstances.json"
        await eventually(lambda: there.exists() and there.read_text() == files[0].read_text())
        pushing.cancel()
        await pod.close()


async def test_a_file_that_is_written_twice_in_one_tick_of_the_file_systems_clock_is_told_again(tmp_path, files):
    """The second has the inode of the one before the first again."""
    async with serving(tmp_path) as (url, part):
        pod = Elsewhere(url, TOKEN, files)
        await pod.push()
        known = files[0].stat()
        files[0].write_text("{}")
        os.utime(files[0], ns=(known.st_atime_ns, known.st_mtime_ns))
        await pod.push()
        assert (part.folder / "circumstances.json").read_text() == "{}"
        await pod.close()


async def test_a_part_that_is_not_there_is_an_error_to_try_again(files):
    pod = Elsewhere("http://127.0.0.1:9", TOKEN, files)
    with pytest.raises(OSError, match=r"127\.0\.0\.1"):
        await pod.start(Command("praetor.sites.demo.frontend", {}), 256)
    await pod.close()


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/processes", {"module": "os", "setup": {}, "listens": False, "stop": 15, "limit_mb": 64}, 422),
        ("PUT", "/files/..%2Fescape.json", {"text": ""}, 404),
        ("PUT", "/files/script.sh", {"text": ""}, 422),
    ],
)
async def test_a_part_starts_and_writes_nothing_but_the_sites_own(tmp_path, method, path, body, status):
    async with serving(tmp_path) as (url, _), httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as client:
        refused = await client.request(method, path, json=body)
        assert refused.status_code == 401
        answer = await client.request(method, path, json=body, headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == status


def test_without_a_seed_a_fault_is_the_contracts_and_with_one_it_is_always_the_same():
    assert Draws().size(900, 600, 900) == 900
    assert Draws().one("api", "frontend") == "api"
    first, again = Draws(7), Draws(7)
    drawn = [(first.size(900, 600, 900), first.one("api", "frontend")) for _ in range(50)]
    assert drawn == [(again.size(900, 600, 900), again.one("api", "frontend")) for _ in range(50)]
    assert all(600 <= size <= 900 for size, _ in drawn)
    assert {service for _, service in drawn} == {"api", "frontend"}
