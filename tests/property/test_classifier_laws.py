"""Laws of the classifier: what its answer may depend on, and what a missing figure may do to it."""

from dataclasses import fields, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.classifier.classify import HEALTHY, UNKNOWN, Classification, classify
from simcore.classifier.look import Figures, Look, ServiceLook
from simcore.classifier.signs import signs
from simcore.observation import LogLine

NAMES = ("shop", "api", "stock", "main-db")
FIGURES = tuple(field.name for field in fields(Figures))
PHRASES = [phrase for sign in signs() for phrase in sign.phrases]
LINES = [*(f"[ERROR] {name} - {phrase} {other}" for name in NAMES for phrase in PHRASES for other in ("", "api")), "ok"]


def line() -> st.SearchStrategy[LogLine]:
    return st.builds(LogLine, st.floats(0.0, 90.0), st.sampled_from(["INFO", "ERROR"]), st.sampled_from(LINES))


def figures() -> st.SearchStrategy[Figures]:
    percent, many = st.none() | st.floats(0.0, 100.0), st.none() | st.floats(0.0, 20_000.0)
    memory = {"memory_mb": st.none() | st.floats(0.0, 512.0), "memory_limit_mb": st.none() | st.just(512.0)}
    connections = {"active_connections": st.none() | st.floats(0, 25), "connection_limit": st.none() | st.just(20.0)}
    rates = {"cpu_percent": percent, "error_rate_percent": percent, "latency_p99_ms": many, "requests_per_second": many}
    return st.builds(Figures, **memory, **connections, **rates)


def service(name: str) -> st.SearchStrategy[ServiceLook]:
    return st.builds(
        ServiceLook,
        name=st.just(name),
        health=st.sampled_from([None, "healthy", "degraded", "unhealthy", "crashed"]),
        runtime=st.just("postgres" if "db" in name else ""),
        figures=figures(),
        lines=st.lists(line(), max_size=6),
        calls=st.lists(st.sampled_from(NAMES), max_size=3),
        released_seconds=st.none() | st.floats(0.0, 5000.0),
        replicas_desired=st.none() | st.integers(0, 6),
    )


def looks() -> st.SearchStrategy[Look]:
    return st.tuples(*map(service, NAMES)).map(lambda services: Look(list(services)))


def chances(found: Classification) -> dict[str, float]:
    return {one.family: one.probability for one in found.ranked}


@given(looks(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_in_which_things_were_read_does_not_matter(look: Look, dice: object) -> None:
    mixed = [replace(one, lines=dice.sample(list(one.lines), len(one.lines))) for one in look.services]  # type: ignore[attr-defined]
    dice.shuffle(mixed)  # type: ignore[attr-defined]
    assert classify(Look(mixed)) == classify(look)


@given(looks())
@settings(max_examples=60, deadline=None)
def test_the_chances_of_all_answers_add_up_to_one(look: Look) -> None:
    found = classify(look)
    assert all(0.0 <= one.probability <= 1.0 for one in found.ranked)
    assert abs(sum(one.probability for one in found.ranked) - 1.0) < 1e-9
    assert 0.0 <= found.confidence <= 1.0
    assert {HEALTHY, UNKNOWN} < chances(found).keys()


@given(looks(), st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(FIGURES)), min_size=1, max_size=12))
@settings(max_examples=100, deadline=None)
def test_a_missing_figure_never_makes_an_answer_surer(look: Look, missing: list[tuple[str, str]]) -> None:
    lacking = [
        replace(one, figures=replace(one.figures, **{figure: None for name, figure in missing if name == one.name}))
        for one in look.services
    ]
    whole, poor = chances(classify(look)), chances(classify(Look(lacking)))
    for answer, chance in poor.items():
        if answer != UNKNOWN:
            assert chance <= whole[answer] + 1e-9


@given(looks())
@settings(max_examples=30, deadline=None)
def test_old_lines_say_nothing_about_now(look: Look) -> None:
    newer = [replace(one, lines=[line for line in one.lines if line.seconds_ago <= 60.0]) for one in look.services]
    assert classify(Look(newer)) == classify(look)
