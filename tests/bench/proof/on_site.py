"""The demo site as a stage: processes of its own for each run, faults drawn in size and service by its seed."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from praetor.guard.targets import SiteRequest
from praetor.runner.loop import play
from praetor.runner.request import RunOutcome, RunRequest
from praetor.substrates.connect import connect
from tests.bench.proof.cells import Cell
from tests.bench.proof.policies import policy_of
from tests.bench.proof.watched import Figures
from tests.support.demo_site import DemoSite, demo_site

ALERT = {"title": "Users see errors or wait too long"}


class Pace(NamedTuple):
    """As a TargetSite says them."""

    action_seconds: float
    stabilization_seconds: float


@dataclass(frozen=True)
class SiteStage:
    cell: Cell
    site: DemoSite
    pace: Pace
    seed: int
    named: str | None = None
    promised_ms = 500.0
    poll_seconds = 0.5

    def users(self, seconds: float) -> Figures:
        seen: Figures = self.site.get("/users", seconds=seconds)
        return seen

    def break_(self) -> str:
        self.site.change("break", scenario=self.cell.family)
        return f"seed {self.seed}"

    def play(self) -> RunOutcome:
        url, pace = self.site.url, self.pace
        asked = SiteRequest("demo", url, **pace._asdict(), allow=(url.rpartition(":")[2],))
        request = RunRequest(
            run_uid=str(uuid.uuid4()),
            namespace="default",
            name="bench",
            scenario="unknown",
            policy=self.cell.policy,
            alert=ALERT | ({"service": self.named} if self.named else {}),
            site=asked,
        )
        return play(request, connect(request), policy_of(self.cell.policy, self.seed))


@contextmanager
def site_stage(cell: Cell, pace: Pace, attempt: int, named: str | None = None) -> Iterator[SiteStage]:
    """`named` is whom the page names: otherwise nobody, so that it is about what users reach."""
    seed = cell.seed(attempt)
    with demo_site("--fault-seed", str(seed)) as site:
        yield SiteStage(cell, site, pace, seed, named)
