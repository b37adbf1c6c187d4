"""praetor site check and adapter, as a user calls them."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from praetor.sites.adapter import FILES
from tests.support.fake_site import HEALTH, METRICS


class Partial(BaseHTTPRequestHandler):
    """Reads alone; the token is `a-secret`."""

    logs = b'{"logs": []}'

    def do_GET(self) -> None:
        bodies = {"/ops/health": json.dumps(HEALTH).encode(), "/ops/metrics": json.dumps(METRICS).encode()}
        body = (bodies | {"/ops/logs": self.logs}).get(self.path.partition("?")[0])
        known = self.headers.get("Authorization") == "Bearer a-secret"
        self.send_response(401 if not known else 200 if body else 404)
        self.end_headers()
        self.wfile.write(body or b"")

    do_OPTIONS = do_GET

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("PRAETOR_SITE_TOKEN", "a-secret")
    with ThreadingHTTPServer(("127.0.0.1", 0), Partial) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_a_partial_site_is_told_endpoint_by_endpoint(json_of, url):
    report = json_of("site", "check", url)
    assert (report["conforms"], report["complete"]) == (True, False)
    verdicts = {one["endpoint"]: one["verdict"] for one in report["endpoints"]}
    assert verdicts["GET /ops/metrics"] == "Conformant"
    assert verdicts["POST /ops/scale"] == "Missing"


def test_a_site_that_is_not_complete_can_be_refused(call, url):
    call("site", "check", url, "--complete", code=1)


def test_a_wrong_shape_exits_1_and_the_table_says_what_was_wrong(call, url, monkeypatch):
    monkeypatch.setattr(Partial, "logs", b'{"lines": []}')
    table = call("site", "check", url, code=1).stdout
    assert "WrongShape" in table
    assert "logs: Field required" in table


def test_without_its_token_a_site_is_not_judged(call, url, monkeypatch):
    monkeypatch.delenv("PRAETOR_SITE_TOKEN")
    result = call("site", "check", url, code=1)
    assert result.stdout == ""
    assert "PRAETOR_SITE_TOKEN" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere"], "begins with http://"),
        (["ftp://site.test"], "begins with http://"),
        (["http://u:p@site.test"], "credentials"),
        (["http://site.test:1x"], "no URL"),
        (["http://127.0.0.1:9", "--allow", "everything"], "everything"),
    ],
)
def test_what_is_no_url_of_a_site_is_bad_input(call, arguments, words):
    result = call("site", "check", *arguments, code=2)
    assert words in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_site_that_does_not_answer_or_must_not_be_dialled_exits_1(call):
    assert "127.0.0.1:9" in call("site", "check", "http://127.0.0.1:9", code=1).stderr
    assert "allowCIDRs" in call("site", "check", "http://10.0.0.1", code=1).stderr


@pytest.mark.parametrize("framework", FILES)
def test_an_adapter_is_written_once(call, tmp_path, framework):
    file = tmp_path / "ops"
    call("site", "adapter", "--framework", framework, "-o", file)
    assert file.read_text() == call("site", "adapter", "--framework", framework).stdout
    file.write_text("mine")
    assert "--force" in call("site", "adapter", "--framework", framework, "-o", file, code=2).stderr
    assert file.read_text() == "mine"
    call("site", "adapter", "--framework", framework, "-o", file, "--force")
    assert "OPS_TOKEN" in file.read_text()


def test_the_demo_says_when_there_is_no_postgres(call, tmp_path, monkeypatch):
    pytest.importorskip("psycopg", reason="the site extra is not installed")
    monkeypatch.setenv("PRAETOR_SITE_POSTGRES", str(tmp_path))
    assert "apt-get install postgresql" in call("site", "demo", code=2).stderr


def test_the_demo_lets_nobody_else_in_without_a_token(call):
    pytest.importorskip("psycopg", reason="the site extra is not installed")
    assert "PRAETOR_SITE_TOKEN" in call("site", "demo", "--host", "0.0.0.0", code=2).stderr
