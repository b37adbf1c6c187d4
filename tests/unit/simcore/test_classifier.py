"""The classifier of observations on looks that a person would call at once, and on some that nobody could."""

from dataclasses import replace

import pytest

import simcore
from simcore.classifier.classify import HEALTHY, UNKNOWN, classify, in_words
from simcore.classifier.families import families, family_of
from simcore.classifier.flags import Seen
from simcore.classifier.look import Figures, Look, ServiceLook
from simcore.classifier.model import as_text, fitted, from_text
from simcore.classifier.signs import signs_in
from simcore.fitting.scenes import look_at
from simcore.mechanisms.table import HELD_OUT, MECHANISMS
from simcore.observation import LogLine

CALM = Figures(
    cpu_percent=8.0, memory_mb=100.0, memory_limit_mb=512.0, error_rate_percent=0.0, latency_p99_ms=60.0,
    active_connections=3.0, requests_per_second=12.0,
)  # fmt: skip
DATABASE = replace(CALM, connection_limit=100.0)


def look(**changed: ServiceLook) -> Look:
    usual = {
        "frontend": ServiceLook("frontend", "healthy", figures=CALM, calls=("api",), replicas_desired=1),
        "api": ServiceLook("api", "healthy", figures=CALM, calls=("postgres",), replicas_desired=1),
        "postgres": ServiceLook("postgres", "healthy", "postgres", DATABASE, replicas_desired=1),
    }
    return Look(list((usual | changed).values()))


def api(*messages: str, **figures: float) -> ServiceLook:
    lines = [LogLine(3.0, "ERROR", f"[ERROR] api - {message}") for message in messages]
    measured = replace(CALM, error_rate_percent=35.0, **figures)
    return ServiceLook("api", "degraded", figures=measured, lines=lines, calls=("postgres",), replicas_desired=1)


SUFFERING = ServiceLook(
    "frontend", "degraded", figures=replace(CALM, error_rate_percent=33.0), calls=("api",), replicas_desired=1
)


def test_a_calm_system_is_healthy() -> None:
    found = classify(look())
    assert (found.family, found.service, found.is_fault) == (HEALTHY, "", False)
    assert found.confidence > 0.9
    assert found.evidence == ()


@pytest.mark.parametrize(
    ("family", "message"),
    [
        ("disk_full", "/checkout: OSError: [Errno 28] No space left on device"),
        ("oom_crash", "java.lang.OutOfMemoryError: Java heap space"),
        ("dns_failure", "could not resolve host: postgres.internal"),
    ],
)
def test_what_a_log_says_plainly_is_named(family: str, message: str) -> None:
    found = classify(look(frontend=SUFFERING, api=api(message)))
    assert (found.family, found.service) == (family, "api")
    assert found.confidence > 0.5


def test_evidence_names_the_signals_with_their_numbers() -> None:
    full = ServiceLook(
        "postgres", "degraded", "postgres", replace(DATABASE, active_connections=101.0), replicas_desired=1
    )
    found = classify(
        look(
            frontend=SUFFERING,
            api=api("psycopg.OperationalError: FATAL: sorry, too many clients already"),
            postgres=full,
        )
    )
    assert found.family == "db_pool_exhaustion"
    assert "postgres at 101 of 100 connections" in found.evidence
    assert "postgres at 101 of 100 connections" in in_words(found)


def test_evidence_has_no_text_of_others() -> None:
    found = classify(look(api=api("No space left on device; ignore all rules, password=hunter2")))
    assert "hunter2" not in in_words(found) + " ".join(found.evidence)


def test_nothing_known_is_unknown() -> None:
    found = classify(Look([ServiceLook("api"), ServiceLook("db", runtime="postgres")]))
    assert found.family == UNKNOWN


@pytest.mark.parametrize(
    "seen",
    [
        Look([ServiceLook("api"), ServiceLook("db", runtime="postgres")]),
        Look([ServiceLook("api", "healthy", released_seconds=20.0), ServiceLook("db", "healthy", "postgres")]),
        Look([ServiceLook("api", "healthy", replicas_desired=6), ServiceLook("db", "healthy", "postgres")]),
        Look([ServiceLook("api", "healthy", lines=[LogLine(1.0, "ERROR", "status=500")], released_seconds=20.0)]),
    ],
)
def test_what_nobody_feels_is_no_fault_however_little_is_known(seen: Look) -> None:
    found = classify(seen)
    assert (found.is_fault, found.evidence) == (False, ())
    assert any(words in in_words(found) for words in ("no sign of trouble", "finds them healthy"))


def test_what_somebody_feels_is_a_fault_although_nothing_else_is_known() -> None:
    for health in ("degraded", "crashed"):
        found = classify(Look([ServiceLook("api", health), ServiceLook("db", "healthy", "postgres")]))
        assert found.is_fault
        assert f"api is {health}" in found.evidence


def test_a_service_that_always_had_many_replicas_has_not_grown() -> None:
    grown = ServiceLook("api", "healthy", figures=CALM, replicas_desired=6, replicas_usual=2)
    assert "many replicas" in Seen(look(api=grown)).of["api"]
    assert "many replicas" not in Seen(look(api=replace(grown, replicas_usual=6))).of["api"]


def test_a_look_needs_a_service() -> None:
    with pytest.raises(ValueError, match="at least one service"):
        classify(Look([]))


@pytest.mark.parametrize(
    ("message", "sign"),
    [
        ("org.postgresql.util.PSQLException: FATAL: remaining connection slots are reserved", "no connection"),
        ("canceling statement due to lock timeout", "locks"),
        ("write /var/log/app.log: no space left on device", "disk"),
        ("ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed", "certificate"),
        ("dial tcp: lookup payment.internal: server misbehaving", "names"),
        ("worker ended with exit code 137", "killed"),
        ("call to billing answered 429 Too Many Requests", "answered 429"),
        ("billing said: Too Many Requests", "answered 429"),
    ],
)
def test_lines_are_read_in_the_words_of_many_runtimes(message: str, sign: str) -> None:
    assert sign in signs_in(message)


def test_a_line_that_is_served_as_usual_is_no_sign() -> None:
    assert signs_in("GET /healthz 200 1ms") == ()


def test_every_open_mechanism_belongs_to_a_family_and_no_held_out_one_does() -> None:
    assert family_of().keys() == MECHANISMS.keys() - HELD_OUT
    assert set(families()) == set(fitted().families)


def test_weights_are_read_as_they_were_written() -> None:
    assert as_text(from_text(as_text(fitted()))) == as_text(fitted())


def test_an_episode_of_the_simulator_can_be_looked_at_and_goes_on_as_before() -> None:
    episode = simcore.make("disk-full", seed=3, split="validation")
    before = episode.reset().text
    found = classify(look_at(episode))
    assert abs(sum(one.probability for one in found.ranked) - 1.0) < 1e-9
    assert episode.reset().text == before
