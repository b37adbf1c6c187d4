"""What the classifier says of real faults: looks at the reference site, each family broken for real, or healthy.

    python -m tests.bench.bench_classifier [--runs 10] [--healthy 100] [--parallel 2] [--looks FILE]

Every fault has a demo site of its own, and a size and, where that can be, a service of its own. It is looked at up to
ten seconds after its users noticed it (if they do not, or no longer, another is made), and classified twice: as it is,
and with the words that the contract wants in logs taken out of every line. Healthy looks are four in ten at usual load,
four at three times that on three replicas, two in the seconds after a restart with another memory limit, a rollout; one
counts if users were served well around it. `--looks` keeps what was read, one JSON object a line: a file that has lines
already is not measured again but for what it lacks. Telemetry of others, where it is there, is reported beside chance
and was never tuned on. Progress goes to stderr, one JSON object to stdout.
"""

import argparse
import json
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from praetor.resources.ops import SCENARIOS, ServiceFacts, ServiceMetrics, SiteHealth
from praetor.substrates.live.first_look import READ_LINES
from praetor.substrates.site.looking import look_of
from simcore.classifier.classify import HEALTHY, UNKNOWN, Classification, classify
from simcore.evaluation.counts import wilson_interval
from tests.bench.foreign_telemetry import foreign
from tests.bench.proof.on_site import SiteStage
from tests.bench.proof.watched import MOST_UNSEEN, PATIENCE_SECONDS, are_well, suffer
from tests.support.demo_site import DemoSite, demo_site, until

LATEST_LOOK_SECONDS = 10.0
TOLERATED_MS = 2000.0
"""Twice that is far from what a busy machine does to a p99: what is noticed is to be the fault."""
WORDS = (
    "OutOfMemoryError", "pool exhausted", "memory leak", "No space left on device", "Lock wait timeout exceeded",
    "certificate has expired", "could not resolve host", "rate limit exceeded", "429",
)  # fmt: skip
"""The contract's: what a site must show in its logs, whatever it is written in."""
_WORDS = re.compile("|".join(map(re.escape, WORDS)), re.IGNORECASE)
_HEALTHY_AT_ONCE = 20
_SURGE_REPLICAS = 3
_PATIENCE_SECONDS = 240.0
Seen = dict[str, Any]


def looked(site: DemoSite, kind: str, number: int) -> Seen:
    """All that a look reads, as the site said it, and what its users saw meanwhile."""
    health = site.get("/ops/health")
    names = [one["name"] for one in health["services"]]
    return {
        "kind": kind,
        "number": number,
        "at": datetime.now(UTC).isoformat(),
        "health": health,
        "services": site.get("/ops/services")["services"],
        "metrics": {name: site.get("/ops/metrics", service=name) for name in names},
        "logs": {name: site.get("/ops/logs", service=name, lines=READ_LINES)["logs"] for name in names},
        "users": site.get("/users", seconds=6.0),
    }


def users_suffer(site: DemoSite) -> bool:
    return suffer(site.get("/users", seconds=6.0), TOLERATED_MS)


def classified(seen: Seen, *, words: bool = True) -> Classification:
    logs = seen["logs"] if words else {n: [_WORDS.sub("", line) for line in lines] for n, lines in seen["logs"].items()}
    return classify(
        look_of(
            SiteHealth.model_validate(seen["health"]),
            {one["name"]: ServiceFacts.model_validate(one) for one in seen["services"]},
            {name: ServiceMetrics.model_validate(one) for name, one in seen["metrics"].items()},
            logs,
            datetime.fromisoformat(seen["at"]),
        )
    )


def broken(family: str, number: int) -> list[Seen]:
    for attempt in range(MOST_UNSEEN):
        seen = _broken_once(family, number, attempt)
        if seen is not None:
            return [seen | {"unseen": attempt}]
    return []


def _broken_once(family: str, number: int, attempt: int) -> Seen | None:
    """None if the users do not suffer from it."""
    dice = random.Random(f"look at {family} {number} {attempt}")
    with demo_site("--fault-seed", str(dice.getrandbits(31))) as site:
        until(lambda: site.users_are_served(6.0), lambda: site.get("/users"), _PATIENCE_SECONDS)
        site.change("break", scenario=family)
        try:
            until(lambda: users_suffer(site), lambda: site.get("/users"), PATIENCE_SECONDS)
        except AssertionError:
            return None
        time.sleep(dice.uniform(0.0, LATEST_LOOK_SECONDS))
        seen = looked(site, family, number)
        return seen if suffer(seen["users"], TOLERATED_MS) else None


def well(kind: str, first: int, count: int) -> list[Seen]:
    """`count` looks at one site, while its users are served well."""
    with demo_site("--fault-seconds", "3600") as site:
        until(lambda: site.users_are_served(6.0), lambda: site.get("/users"), _PATIENCE_SECONDS)
        if kind == "surge":
            site.change("scale", service="api", replicas=_SURGE_REPLICAS)
            time.sleep(8.0)
            site.change("break", scenario="rate_limit_exhaustion")
            time.sleep(15.0)
        found: list[Seen] = []
        dice, ends = random.Random(f"{kind} {first}"), time.monotonic() + _PATIENCE_SECONDS + 10.0 * count
        while len(found) < count and time.monotonic() < ends:
            if kind == "rollout":
                site.change("restart", service="api", memory_limit_mb=dice.randint(520, 900))
                time.sleep(dice.uniform(0.0, 6.0))
            else:
                time.sleep(2.0)
            seen = looked(site, kind, first + len(found))
            if all(are_well(one, SiteStage.promised_ms) for one in (seen["users"], site.get("/users", seconds=6.0))):
                found.append(seen)
        return found


def told_of(looks: Sequence[Seen]) -> dict[str, Any]:
    faults = [one for one in looks if one["kind"] in SCENARIOS]
    plain = [(one["kind"], classified(one)) for one in faults]
    bare = [(one["kind"], classified(one, words=False)) for one in faults]
    healthy = [(one["kind"], classified(one)) for one in looks if one["kind"] not in SCENARIOS]
    return {
        "right": _right(plain),
        "right_without_the_words": _right(bare),
        "false_alarms": _share(sum(found.family != HEALTHY for _, found in healthy), len(healthy)),
        "healthy_looks": dict(Counter(kind for kind, _ in healthy)),
        "families": [_row(family, plain, bare) for family in SCENARIOS],
        "unseen": sum(one["unseen"] for one in faults),
        "alarms": [f"{kind}: {found.family} {found.evidence}" for kind, found in healthy if found.family != HEALTHY],
    }


def _right(found: Sequence[tuple[str, Classification]]) -> dict[str, Any]:
    return _share(sum(one.family == kind for kind, one in found), len(found))


def _share(part: int, whole: int) -> dict[str, Any]:
    low, high = wilson_interval(part, whole) if whole else (0.0, 1.0)
    return {"count": part, "of": whole, "ci_low": round(low, 3), "ci_high": round(high, 3)}


def _row(family: str, plain: Sequence[tuple[str, Classification]], bare: Sequence[tuple[str, Classification]]) -> Seen:
    own, own_bare = ([one for kind, one in found if kind == family] for found in (plain, bare))
    return {
        "family": family,
        "right": _share(sum(one.family == family for one in own), len(own)),
        "without_the_words": _share(sum(one.family == family for one in own_bare), len(own_bare)),
        "mean_confidence": round(sum(one.confidence for one in own) / len(own), 3) if own else None,
        "answers": dict(Counter(f"{one.family} {one.service}".strip() for one in own)),
        "answers_without": dict(Counter(f"{one.family} {one.service}".strip() for one in own_bare)),
        "evidence": list(own[0].evidence) if own else [],
    }


def tasks(runs: int, healthy: int, kept: Sequence[Seen]) -> Iterator[Any]:
    have = {(one["kind"], one["number"]) for one in kept}
    for kind, share in (("usual", 0.4), ("surge", 0.4), ("rollout", 0.2)):
        numbers = [number for number in range(round(share * healthy)) if (kind, number) not in have]
        for begin in range(0, len(numbers), _HEALTHY_AT_ONCE):
            some = numbers[begin : begin + _HEALTHY_AT_ONCE]
            yield partial(well, kind, some[0], len(some))
    for number in range(runs):
        yield from (partial(broken, family, number) for family in SCENARIOS if (family, number) not in have)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10, help="of each family")
    parser.add_argument("--healthy", type=int, default=100, help="looks")
    parser.add_argument("--parallel", type=int, default=2, help="sites at a time")
    parser.add_argument("--looks", type=Path, default=None, help="where looks are kept")
    given = parser.parse_args()
    kept = [json.loads(line) for line in given.looks.read_text().splitlines()] if _exists(given.looks) else []
    with ThreadPoolExecutor(given.parallel) as pool:
        for done in as_completed([pool.submit(task) for task in tasks(given.runs, given.healthy, kept)]):
            try:
                new = done.result()
            except AssertionError as problem:
                sys.stderr.write(f"a site did not come to life: {problem}\n")
                continue
            kept += new
            for one in new:
                sys.stderr.write(f"{one['kind']} {one['number']}\n")
                if given.looks is not None:
                    with given.looks.open("a") as file:
                        file.write(json.dumps(one) + "\n")
    sys.stdout.write(json.dumps(told_of(kept) | {"foreign": foreign(), "unknown_is": UNKNOWN}, indent=1) + "\n")


def _exists(path: Path | None) -> bool:
    return path is not None and path.exists()


if __name__ == "__main__":
    main()
