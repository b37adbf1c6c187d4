"""Who may call: everybody on loopback, elsewhere who knows the token, in any of the three ways of saying it."""

import base64

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from praetor.serve.gateway_http import NoCallersError
from praetor.serve.openenv import openenv_checks, read_token
from tests.support.openenv_serving import serving
from tests.support.openenv_talking import get, talker

TOKEN = "a-token-of-this-test"


@pytest.fixture
async def guarded():
    async with serving(host="0.0.0.0", token=TOKEN) as (url, _):
        yield url


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


async def test_a_bearer_token_opens(guarded):
    async with talker(guarded, additional_headers=bearer(TOKEN)) as client:
        assert (await client.reset(seed=1))["type"] == "observation"


async def test_a_token_in_the_url_opens_as_a_password(guarded):
    async with talker(guarded.replace("http://", f"http://user:{TOKEN}@")) as client:
        assert (await client.reset(seed=1))["type"] == "observation"


async def test_a_token_in_the_path_opens_and_is_told_to_nobody(guarded):
    async with talker(f"{guarded}/t/{TOKEN}") as client:
        assert (await client.reset(seed=1))["type"] == "observation"
    missing = await get(f"{guarded}/t/{TOKEN}/no-such-path")
    assert missing.status_code == 404
    assert TOKEN not in missing.text
    assert (await get(f"{guarded}/t/{TOKEN}/schema")).status_code == 200


WRONG = {
    "no token": ("", {}),
    "a wrong one": ("", bearer("a-token-of-another")),
    "a prefix": ("", bearer(TOKEN[:-1])),
    "a wrong password": ("", {"Authorization": "Basic " + base64.b64encode(b"user:wrong").decode()}),
    "a wrong path": ("/t/a-token-of-another", {}),
    "a wrong path over a right header": ("/t/a-token-of-another", bearer(TOKEN)),
    "no path": ("/t/", {}),
}


@pytest.mark.parametrize("case", WRONG)
async def test_whoever_does_not_know_it_is_refused_before_the_upgrade(case, guarded):
    path, headers = WRONG[case]
    with pytest.raises(InvalidStatus) as refused:
        await connect(guarded.replace("http", "ws") + path + "/ws", proxy=None, additional_headers=headers)
    assert refused.value.response.status_code == 401


async def test_a_refused_upgrade_is_no_error_of_ours(guarded, caplog):
    with pytest.raises(InvalidStatus):
        await connect(guarded.replace("http", "ws") + "/ws", proxy=None)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_probes_are_open_and_nothing_else(guarded):
    for path, status in (("/health", 200), ("/healthz", 200), ("/readyz", 200)):
        assert (await get(guarded + path)).status_code == status
    for path in ("/metrics", "/schema", "/state", "/openapi.json", "/mcp", "/no-such-path"):
        assert (await get(guarded + path)).status_code == 401


async def test_a_web_page_of_others_does_not_reach_loopback():
    async with serving() as (url, _):
        with pytest.raises(InvalidStatus) as refused:
            await connect(url.replace("http", "ws") + "/ws", proxy=None, origin="http://elsewhere.example")
        assert refused.value.response.status_code == 403


@pytest.mark.parametrize(("host", "token"), [("0.0.0.0", ""), ("203.0.113.1", ""), ("127.0.0.1", "short"), ("::", "")])
def test_a_server_that_strangers_reach_does_not_start_without_a_token(host, token):
    with pytest.raises(NoCallersError, match="PRAETOR_OPENENV_TOKEN"):
        openenv_checks(host, token)


def test_the_token_comes_from_a_file_or_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("PRAETOR_OPENENV_TOKEN", "of-the-environment")
    assert read_token(None) == "of-the-environment"
    (tmp_path / "token").write_text("of-the-file\n")
    assert read_token(tmp_path / "token") == "of-the-file"
    with pytest.raises(NoCallersError, match="missing"):
        read_token(tmp_path / "missing")
