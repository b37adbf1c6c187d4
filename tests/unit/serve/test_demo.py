"""The demo: what `make demo` shows, and that it says so when a run is lost."""

import asyncio
import re

import pytest
from rich.console import Console

from praetor.serve import demo, dev
from praetor.serve.demo import REHEARSAL, WARMING_UP, DemoError, run_demo
from tests.support.alert_bodies import CAPTURED


def test_every_alert_becomes_a_row_under_the_line_that_says_rehearsal(tmp_path, capsys):
    run_demo(tmp_path / "data", CAPTURED)
    shown = capsys.readouterr().out
    steps, _, table = shown.partition(REHEARSAL)
    titles, *rows = [line for line in table.splitlines() if line.strip()]
    assert titles.split("  ")[0] == "RUN"
    assert len(rows) == 5, "six deliveries, one of them a repeat"
    assert steps.count("202 new run") == 5
    assert steps.count("202 joins run") == 1
    assert len(re.findall(r"resolve incident", steps)) == 4
    reports = [row.split()[-1] for row in rows]
    assert all((tmp_path / "data") in path.parents for path in map(type(tmp_path), reports))


def test_the_time_for_runs_begins_when_they_can_be_played(tmp_path, monkeypatch, capsys):
    """A kernel may take minutes to compile on a slow machine; those are not the runs'."""
    make, follow, ready = dev.episode_pool, demo._Demo._follow, []

    def slowly_warm(workers):
        pool = make(workers)
        start = pool.start

        async def late():
            await asyncio.sleep(1.0)
            await start()

        pool.start = late
        return pool

    async def noted(self, http, run):
        ready.append((await http.get("/readyz")).status_code)
        await follow(self, http, run)

    monkeypatch.setattr(dev, "episode_pool", slowly_warm)
    monkeypatch.setattr(demo._Demo, "_follow", noted)
    run_demo(tmp_path / "data", CAPTURED)
    assert ready == [200] * 5
    assert WARMING_UP in capsys.readouterr().out


def test_a_lost_run_ends_the_demo_with_an_error(tmp_path, monkeypatch):
    async def forgetful(self, http, posted):
        return await original(self, http, [*posted, demo._Posted("alertmanager-0000000000000000-1", "red")])

    original = demo._Demo._finished
    monkeypatch.setattr(demo._Demo, "_finished", forgetful)
    with pytest.raises(DemoError, match="lost: alertmanager-0000000000000000-1"):
        run_demo(tmp_path / "data", CAPTURED)


def test_without_captured_alerts_it_says_where_they_are(tmp_path):
    with pytest.raises(DemoError, match="--bodies"):
        run_demo(tmp_path / "data", tmp_path)


def test_markup_in_an_alert_stays_text(capsys):
    told = demo._told({"decision": {"reason": "[bold]x[/] [red"}}, {"kind": "effect", "action": None})
    Console().print(told)
    assert "[bold]x[/] [red" in capsys.readouterr().out
