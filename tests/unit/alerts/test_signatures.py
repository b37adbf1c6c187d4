"""Signatures: the examples of the specifications, and that nothing but the right bytes at the right time is let in."""

import pytest

from praetor.alerts.delivery import Delivery
from praetor.alerts.secrets import SecretError, secret_of
from praetor.alerts.signatures import GRAFANA, PAGERDUTY, STANDARD, SignatureError, hex_scheme, signed_headers
from tests.support import signing

BODY = b'{"title": "slow"}'
SECRET, OTHER, STANDARD_SECRET = "a-secret-of-a-sender", "another-secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOW = 1_795_435_200.0


def delivery(headers: dict[str, str], body: bytes = BODY) -> Delivery:
    return Delivery(body, {name.lower(): text for name, text in headers.items()})


def test_the_example_of_the_standard_webhooks_specification():
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    STANDARD.check(delivery(headers, b'{"test": 2432232314}'), [STANDARD_SECRET], 1614265330)


@pytest.mark.parametrize(
    ("scheme", "headers", "secret"),
    [
        (PAGERDUTY, signing.pagerduty(BODY, SECRET), SECRET),
        (GRAFANA, signing.grafana(BODY, SECRET), SECRET),
        (GRAFANA, signing.grafana(BODY, SECRET, NOW), SECRET),
        (STANDARD, signing.standard(BODY, STANDARD_SECRET, NOW), STANDARD_SECRET),
        (STANDARD, dict(signed_headers(SECRET, "1", BODY, NOW)), SECRET),
    ],
)
class TestEveryScheme:
    def test_the_right_one_passes(self, scheme, headers, secret):
        scheme.check(delivery(headers), [OTHER, secret], NOW)

    def test_another_body_does_not(self, scheme, headers, secret):
        with pytest.raises(SignatureError):
            scheme.check(delivery(headers, BODY + b" "), [secret], NOW)

    def test_another_secret_does_not(self, scheme, headers, secret):
        with pytest.raises(SignatureError) as told:
            scheme.check(delivery(headers), [OTHER], NOW)
        assert secret not in str(told.value)

    def test_no_secret_lets_nobody_in(self, scheme, headers, secret):
        with pytest.raises(SignatureError):
            scheme.check(delivery(headers), [], NOW)

    @pytest.mark.parametrize("value", ["", "v1=", "v1,", "v1=,v1=", "é", "v1=" + "0" * 64])
    def test_nonsense_does_not(self, scheme, headers, secret, value):
        with pytest.raises(SignatureError):
            scheme.check(delivery({**headers, scheme.header: value}), [secret], NOW)


@pytest.mark.parametrize("away_seconds", [-301, 301, 86_400])
@pytest.mark.parametrize("scheme", [GRAFANA, STANDARD])
def test_an_old_or_early_request_is_refused(scheme, away_seconds):
    make = signing.grafana if scheme is GRAFANA else signing.standard
    secret = SECRET if scheme is GRAFANA else STANDARD_SECRET
    with pytest.raises(SignatureError, match="away from this clock"):
        scheme.check(delivery(make(BODY, secret, NOW + away_seconds)), [secret], NOW)


def test_a_timestamp_that_was_signed_cannot_be_left_out_or_changed():
    headers = signing.grafana(BODY, SECRET, NOW - 1000)
    without = {name: text for name, text in headers.items() if "Timestamp" not in name}
    for forged in (without, headers | {"X-Grafana-Alerting-Signature-Timestamp": str(int(NOW))}):
        with pytest.raises(SignatureError):
            GRAFANA.check(delivery(forged), [SECRET], NOW)


@pytest.mark.parametrize("sent", ["", "soon", "-5", "1e9", "9" * 40, "\u0661"])
def test_a_timestamp_that_is_no_number_is_refused(sent):
    headers = signing.standard(BODY, STANDARD_SECRET, NOW) | {"webhook-timestamp": sent}
    with pytest.raises(SignatureError, match="whole seconds"):
        STANDARD.check(delivery(headers), [STANDARD_SECRET], NOW)


def test_one_of_several_signatures_is_enough_while_a_secret_is_changed():
    PAGERDUTY.check(delivery(signing.pagerduty(BODY, OTHER, SECRET)), [SECRET], NOW)
    headers = signing.standard(BODY, STANDARD_SECRET, NOW)
    headers["webhook-signature"] = "v1a,abc v1,AAAA " + headers["webhook-signature"]
    STANDARD.check(delivery(headers), [STANDARD_SECRET], NOW)


def test_a_prefix_of_the_configuration_is_part_of_the_header():
    plain = signing.grafana(BODY, SECRET)["X-Grafana-Alerting-Signature"]
    scheme = hex_scheme("x-hub-signature-256", prefix="sha256=")
    scheme.check(delivery({"X-Hub-Signature-256": f"sha256={plain}"}), [SECRET], NOW)
    with pytest.raises(SignatureError):
        scheme.check(delivery({"X-Hub-Signature-256": plain}), [SECRET], NOW)


# Secrets


def test_a_secret_comes_from_the_environment_or_from_a_file(tmp_path):
    path = tmp_path / "secret"
    path.write_text("old-secret-1\nnew-secret-2\n")
    assert secret_of("PRAETOR_X", {"PRAETOR_X": "one-secret"}).values == ("one-secret",)
    assert secret_of("PRAETOR_X", {"PRAETOR_X_FILE": str(path)}).values == ("old-secret-1", "new-secret-2")
    assert secret_of("PRAETOR_X", {}).is_set is False


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({"PRAETOR_X": "short"}, "fewer than 8"),
        ({"PRAETOR_X": "long-enough", "PRAETOR_X_FILE": "/x"}, "both set"),
        ({"PRAETOR_X_FILE": "/no/such/file"}, "No such file"),
        ({"PRAETOR_X_FILE": "/dev/null"}, "is empty"),
    ],
)
def test_a_secret_that_cannot_be_used_is_named_and_not_shown(environ, told):
    with pytest.raises(SecretError, match=told) as refused:
        secret_of("PRAETOR_X", environ)
    assert "PRAETOR_X" in str(refused.value)
    assert "long-enough" not in str(refused.value)
