"""Alerts, logs and policies are text of others: in a report they are shown, never obeyed."""

from html.parser import HTMLParser

import pytest

from praetor.reports.escape import name, one_line, text
from praetor.reports.html import post_mortem_html
from praetor.reports.postmortem import SECTIONS, render_postmortem
from praetor.resources.run import IncidentRun
from tests.support.traces import TraceBook, action

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![beacon](https://evil.example/pixel.png)",
    "[click](javascript:alert(1))",
    "<https://evil.example>",
    "[ref]: https://evil.example",
    "line\n\n# A heading of mine\n\n---\n| a | b |\n|---|---|",
    "```\nfence",
    "`code` ~~~ **bold** _it_ | cell |",
    "&lt;b&gt; &amp; &#60;i&#62;",
    "1. list\n- list\n+ list",
    "\u202egnp.exe \u200b\u2066 \x1b[31mred\x00",
]


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.words.append(data)


def parsed(html: str) -> Tags:
    tags = Tags()
    tags.feed(html)
    return tags


def hostile_run(words: str) -> tuple[IncidentRun, bytes]:
    cause = {"service": words, "mechanism": words, "ruled_out_by": words}
    book = TraceBook(policy=words).step(
        action("read_logs", words, lines=words),
        reason=words,
        evidence=[words],
        hypothesis=cause,
        ruled_out=[cause],
        error=words,
    )
    book = book.asked(action("restart_service", words), "Denied", words, words)
    suggested = {
        "step": 1,
        "action": words[:63],
        "service": words[:253],
        "parameters": words[:300],
        "reason": words[:300],
        "check": words[:300],
    }
    alert = {
        "title": words[:200],
        "description": words[:2000],
        "severity": words[:63],
        "labels": {words[:63]: words[:200]},
    }
    run = IncidentRun.model_validate(
        {
            "apiVersion": "praetor.dev/v1alpha1",
            "kind": "IncidentRun",
            "metadata": {"name": "hostile-1"},
            "spec": {"alert": {"source": "alertmanager", "groupKey": words[:1000], **alert}},
            "status": {"suggestions": [suggested]},
        }
    )
    mark = {"description": words, "weight": 1.0, "done": True}
    return run, book.jsonl(notes=[words], message=words, rubric=[mark])


def hostile_report(words: str) -> str:
    return render_postmortem(*hostile_run(words))


@pytest.mark.parametrize("words", HOSTILE)
def test_the_html_has_our_tags_and_no_attribute(words):
    tags = parsed(post_mortem_html(hostile_report(words)))
    ours = {
        "h1",
        "h2",
        "p",
        "strong",
        "code",
        "ul",
        "li",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "blockquote",
    }
    assert tags.seen <= ours
    assert tags.attributes == []


@pytest.mark.parametrize("words", HOSTILE)
def test_the_report_keeps_its_outline(words):
    honest = parsed(post_mortem_html(hostile_report("harmless")))
    hostile = parsed(post_mortem_html(hostile_report(words)))
    assert hostile.seen | {"code"} == honest.seen | {"code"}
    lines = hostile_report(words).splitlines()
    assert len([line for line in lines if line.startswith("#")]) == 1 + len(SECTIONS)


@pytest.mark.parametrize("words", HOSTILE)
def test_the_markdown_itself_holds_no_html_and_no_unseen_characters(words):
    report = hostile_report(words)
    assert "<" not in report
    assert all(character.isprintable() or character == "\n" for character in report)


@pytest.mark.parametrize("words", HOSTILE)
def test_what_was_said_can_still_be_read(words):
    shown = "".join(parsed(post_mortem_html(f"said {text(words)}")).words)
    assert shown.strip() == f"said {one_line(words, 400)}"


def test_a_report_stays_below_half_a_mebibyte_whatever_is_said():
    book = TraceBook()
    shout = "&" * 5000
    cause = {"service": shout, "mechanism": shout, "ruled_out_by": shout}
    for _ in range(200):
        book.step(
            action("update_config", shout, key=shout, value=shout),
            reason=shout,
            evidence=[shout] * 50,
            hypothesis=cause,
            ruled_out=[cause] * 50,
            error=shout,
        )
    spec = {"scenarioRef": {"name": "oom-crash"}}
    head = {"apiVersion": "praetor.dev/v1alpha1", "kind": "IncidentRun", "metadata": {"name": "loud-1"}}
    rubric = [{"description": shout, "weight": 1.0, "done": False}] * 20
    trace = book.jsonl(notes=[shout] * 99, rubric=rubric)
    report = render_postmortem(IncidentRun.model_validate(head | {"spec": spec}), trace)
    assert len(report.encode()) < 512 * 1024


@pytest.mark.parametrize(
    "markdown", ["<b>x</b>", "[x](http://a)", "![x](http://a)", "<http://a>", "[x]\n\n[x]: http://a"]
)
def test_html_is_harmless_even_when_the_markdown_was_not_escaped(markdown):
    tags = parsed(post_mortem_html(markdown))
    assert tags.seen <= {"p"}


def test_plain_names_are_code_and_others_are_text():
    assert name("order-service") == "`order-service`"
    assert name("a`b") == "a\\`b"
    assert name("") == "-"


def test_links_that_some_renderers_make_of_bare_addresses_are_broken():
    assert "://" not in text("see https://evil.example")
    assert "www." not in text("see www.evil.example")
    assert text("a@b.example") == "a\\@b.example"


def test_long_text_is_cut_with_an_ellipsis():
    assert text("word " * 200, 20) == "word word word word…"
