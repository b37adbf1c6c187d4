"""What nobody should read is taken out of text of others, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from praetor.guard.redaction import HIDDEN, redacted, redacted_value

SECRET = "hunter2-and-more"


@pytest.mark.parametrize(
    "text",
    [
        f"password={SECRET}", f"PASSWORD: {SECRET}", f'{{"db_password": "{SECRET}"}}', f"PGPASSWORD={SECRET}",
        f"postgres://shop:{SECRET}@db:5432/shop", f"Authorization: Bearer {SECRET}", f"api_key='{SECRET}'",
        f"x-auth-token: {SECRET}", f"client_secret={SECRET}&grant=1", "AKIAABCDEFGHIJKLMNOP",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----", "ghp_0123456789abcdef0123",
        "eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.c2lnbmF0dXJl",
    ],
)  # fmt: skip
def test_secrets_are_taken_out(text):
    told = redacted(text)
    assert HIDDEN in told
    assert SECRET not in told
    assert "MIIE" not in told


@pytest.mark.parametrize(
    "text",
    [
        "GET /cart 200 in 12 ms",
        "the token bucket is empty",
        "password reset was sent",
        "https://shop.example:8080/a@b",
        "r7:v1.2",
    ],
)
def test_ordinary_lines_stay_as_they_are(text):
    assert redacted(text) == text


def test_a_line_that_is_made_to_be_searched_for_long_is_not():
    assert redacted("a." * 200_000).startswith("a.a.")


def test_a_setting_is_hidden_by_its_name():
    assert (redacted_value("DB_PASSWORD", "x"), redacted_value("SIZE", "9")) == (HIDDEN, "9")
    assert redacted_value("TOKENIZER", "bpe") == "bpe"


@given(st.text(max_size=300))
def test_taking_out_twice_is_taking_out_once(text):
    assert redacted(redacted(text)) == redacted(text)
