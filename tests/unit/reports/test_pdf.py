"""The PDF: the same bytes every time, whole pages, embedded fonts, and no word of others is obeyed."""

import hashlib
import os
import re
import subprocess
import sys
import zlib
from base64 import a85decode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from praetor.reports.pdf import render
from praetor.reports.pdf.body import body
from praetor.reports.pdf.fonts import CODE, OTHER, STRONG, TEXT, drawable, markup, register
from praetor.reports.pdf.render import render_pdf
from praetor.reports.story import read_story
from tests.support.flowables import words_of
from tests.support.told_runs import KINDS, run_of, told
from tests.support.traces import TraceBook, action, resolved_run
from tests.unit.reports.test_hostile_content import HOSTILE, hostile_run

LOUD = [
    "x" * 5000,
    "\N{FIRE}\N{ZERO WIDTH JOINER}\N{ROCKET} down",
    "שירות התשלומים נפל",
    "خدمة الدفع معطلة",
    "支付服务已停止",
    "\x00\x01\x1b[31m",
    "a\N{COMBINING ACUTE ACCENT}" * 300,
    "<para><b>unclosed",
    "</para></font>&nosuch;&#0;",
    "<img src='file:///etc/passwd'/><a href='javascript:x'>x</a>",
]
IN_ANOTHER_PROCESS = """
import hashlib, sys
from praetor.reports.pdf.render import render_pdf
from tests.support.told_runs import run_of
from tests.support.traces import resolved_run
run = run_of(scenarioRef={"name": "oom-crash"}, seed=7)
print(hashlib.sha256(render_pdf(run, resolved_run().jsonl())).hexdigest())
"""


def pages_in(pdf: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", pdf))


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_run_gives_the_same_bytes(kind):
    assert render_pdf(*told(kind)) == render_pdf(*told(kind))


def test_another_process_makes_the_same_bytes(pytestconfig):
    digests = set()
    for hash_seed in ("1", "2"):
        env = os.environ | {"PYTHONHASHSEED": hash_seed, "TZ": f"UTC-{hash_seed}"}
        command = [sys.executable, "-c", IN_ANOTHER_PROCESS]
        done = subprocess.run(command, cwd=pytestconfig.rootpath, env=env, check=True, capture_output=True, timeout=600)
        digests.add(done.stdout)
    here = render_pdf(run_of(scenarioRef={"name": "oom-crash"}, seed=7), resolved_run().jsonl())
    assert digests == {hashlib.sha256(here).hexdigest().encode() + b"\n"}


def test_runs_that_differ_have_reports_that_differ():
    made = {render_pdf(*told(kind)) for kind in KINDS}
    assert len(made) == len(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_font_is_embedded(kind):
    pdf = render_pdf(*told(kind))
    fonts = re.findall(rb"/BaseFont /(\S+)", pdf)
    assert fonts
    assert all(re.match(rb"[A-Z0-9]{6}\+(Roboto|DejaVu)", font) for font in fonts)


@pytest.mark.parametrize("kind", KINDS)
def test_every_page_has_its_number_and_the_runs_id(kind, monkeypatch):
    feet = []
    monkeypatch.setattr(render, "_foot", lambda canvas, *said: feet.append(said))
    run, trace = told(kind)
    pages = pages_in(render_pdf(run, trace))
    of = f"{run.metadata.namespace}/{run.metadata.name}"
    assert feet == [(of, number, pages) for number in range(1, pages + 1)]


def test_name_and_title_are_in_the_metadata():
    run, trace = told("resolved")
    pdf = render_pdf(run, trace)
    assert f"/Subject (default/{run.metadata.name} {run.metadata.uid})".encode() in pdf
    assert b"/Title (Post-mortem: PagerDuty: storefront" in pdf
    assert b"/Author (Praetor)" in pdf


def test_figures_are_vector_graphics():
    assert b"/Subtype /Image" not in render_pdf(*told("resolved"))
    assert any(re.search(rb" c[ \n]", stream) for stream in streams(render_pdf(*told("resolved"))))


def streams(pdf: bytes) -> list[bytes]:
    """What its pages are drawn by, decoded."""
    raw = re.findall(rb"/ASCII85Decode /FlateDecode.*?stream\r?\n(.*?)endstream", pdf, re.S)
    return [zlib.decompress(a85decode(b"<~" + one.strip(), adobe=True)) for one in raw]


@pytest.mark.parametrize("words", HOSTILE + LOUD)
def test_hostile_words_break_nothing_and_inject_nothing(words):
    pdf = render_pdf(*hostile_run(words))
    assert pdf.startswith(b"%PDF-")
    objects = re.sub(rb"stream\r?\n.*?endstream", b"", pdf, flags=re.S)
    for active in (b"/URI", b"/JavaScript", b"/JS", b"/Annot", b"/Launch", b"/EmbeddedFile", b"/Subtype /Image"):
        assert active not in objects


@settings(max_examples=30, deadline=None)
@given(st.text(min_size=1, max_size=400))
def test_any_words_make_a_report(words):
    assert pages_in(render_pdf(*hostile_run(words))) >= 2


@given(st.text(max_size=60))
def test_markup_shows_what_fonts_have_and_nothing_is_a_tag(words):
    told_words = markup(words)
    outside = re.sub(r'<font name="Praetor-Other">|</font>', "", told_words)
    assert "<" not in outside
    assert ">" not in outside


@pytest.mark.parametrize("font", [TEXT, STRONG, CODE, OTHER])
def test_what_a_font_lacks_is_drawn_as_something_it_has(font):
    shown = drawable("\N{FIRE}\ud800x", font)
    assert len(shown) == 3
    assert drawable(shown, font) == shown


def test_an_emoji_is_told_by_its_name():
    assert markup("\N{FIRE} checkout") == ":fire: checkout"


def test_a_long_and_loud_run_has_a_report_of_bounded_size():
    book, shout = TraceBook(max_steps=200), "W" * 5000
    cause = {"service": shout, "mechanism": shout, "ruled_out_by": shout}
    for _ in range(200):
        said = {"reason": shout, "evidence": [shout] * 50, "hypothesis": cause, "ruled_out": [cause] * 50}
        book.step(action("update_config", shout, key=shout, value=shout), error=shout, effect=True, **said)
    pdf = render_pdf(run_of(scenarioRef={"name": "oom-crash"}), book.jsonl(notes=[shout] * 99))
    assert len(pdf) < 2 * 1024 * 1024
    assert pages_in(pdf) < 200


def test_a_trace_with_half_a_character_in_it_makes_a_report():
    run, trace = hostile_run("HALF")
    pdf = render_pdf(run, trace.replace(b"HALF", rb"\ud83d"))
    assert pages_in(pdf) >= 2


def test_tier_2_has_its_section_where_it_was_asked_and_none_elsewhere():
    register()
    run = run_of(scenarioRef={"name": "oom-crash"})
    asked = {"repository": "shop", "patch": "<b>+1 -1</b>", "tests": "12 passed"}
    with_it = words_of(body(run, read_story(resolved_run().jsonl(tier2=asked))))
    without = words_of(body(run, read_story(resolved_run().jsonl())))
    assert "Tier 2: code change" in with_it
    assert "<b>+1 -1</b>" in with_it
    assert "Tier 2: code change" not in without
