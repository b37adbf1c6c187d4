"""Bodies: JSON only, bounded in size and time, and handed on whole."""

import asyncio

import pytest

from praetor.web import limits
from praetor.web.errors import ApiError
from praetor.web.limits import BodyLimits, check_json


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json; charset=utf-8", "APPLICATION/JSON", "application/ld+json"]
)
def test_json_is_taken_in_all_its_notations(content_type):
    assert check_json(content_type) is None


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded", "text/json+json"])
def test_what_a_form_of_a_web_page_could_send_is_refused(content_type):
    with pytest.raises(ApiError) as refused:
        check_json(content_type)
    assert refused.value.status == 415


async def answered(messages, *, length=None, limit_bytes=10):
    """(status, what the application behind read) of a POST whose body comes as `messages`."""
    read, sent = [], []

    async def application(scope, receive, send):
        read.append((await receive())["body"])
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive():
        return await messages.pop(0) if messages else await asyncio.Event().wait()

    async def send(message):
        sent.append(message)

    headers = [(b"content-type", b"application/json")]
    headers += [(b"content-length", length)] if length is not None else []
    scope = {"type": "http", "method": "POST", "path": "/", "headers": headers}
    await BodyLimits(application, limit_bytes)(scope, receive, send)
    return sent[0]["status"], read


async def piece(body, more_body=False):
    return {"type": "http.request", "body": body, "more_body": more_body}


async def never():
    await asyncio.Event().wait()


async def test_a_body_in_pieces_is_handed_on_whole():
    assert await answered([piece(b"12345", more_body=True), piece(b"67890")]) == (200, [b"1234567890"])


async def test_a_body_is_refused_at_its_first_byte_too_many():
    assert await answered([piece(b"12345", more_body=True), piece(b"678901", more_body=True)]) == (413, [])


async def test_a_declared_size_is_refused_before_anything_is_read():
    assert await answered([], length=b"11") == (413, [])


async def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(limits, "BODY_SECONDS", 0.01)
    assert await answered([piece(b"1", more_body=True), never()]) == (408, [])


async def test_a_sender_that_goes_away_is_let_go():
    async def gone():
        return {"type": "http.disconnect"}

    assert await answered([gone()]) == (400, [])
