"""Lines of a site's log: what nobody should read is in none of them, wherever they are read."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from praetor.guard.targets import SiteRequest
from praetor.substrates.live.log_lines import log_line
from praetor.substrates.site.probing import probe
from tests.support.playing import do

NOW = datetime(2026, 1, 2, tzinfo=UTC)
SECRET = "hunter2-and-more"
LINE = f"[ERROR] api - cannot connect to postgres://shop:{SECRET}@db:5432/shop"


def test_a_policy_reads_no_password(site, connect):
    site.logs["api"] = [LINE]
    substrate = connect()
    substrate.reset()
    shown = [substrate.step(do("read_logs", "api")), substrate.step(do("describe_service", "api"))]
    shown += [substrate.step(do("run_diagnostic", "api", command=f"check_{what}")) for what in ("health", "dns")]
    assert "[redacted]@db:5432" in shown[0].observation.text
    for result in shown:
        assert SECRET not in json.dumps(result.observation.to_json()) + result.observation.text


def test_a_look_has_no_password(site):
    site.logs["api"] = [LINE]
    (line,) = probe(SiteRequest("shop", site.url, allow=(str(site.port),))).look.by_name["api"].lines
    assert (line.severity, SECRET in line.message) == ("ERROR", False)


@given(st.integers(0, 4000))
def test_no_part_of_a_password_is_left_where_a_line_is_cut(before):
    assert "hunter" not in log_line("x" * before + f" password={SECRET} postgres://u:{SECRET}@db", NOW).message


@pytest.mark.parametrize(
    "text", ["[WARN] api - the token bucket is empty", "2026-01-01T23:59:00Z [INFO] api - started"]
)
def test_ordinary_lines_stay_as_they_are(text):
    assert log_line(text, NOW).message == text
