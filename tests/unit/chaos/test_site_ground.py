"""Experiments at a site: who planned one may dial it again, to break and to heal."""

from collections.abc import Iterator

import pytest

from praetor.guard.targets import SiteRequest
from praetor.resources.experiment import ChaosRules, Inject
from praetor.substrates.chaos.plan import Order, Plan
from praetor.substrates.chaos.site import SiteGround
from tests.support.breakable_site import BreakableSite


@pytest.fixture
def site() -> Iterator[BreakableSite]:
    site = BreakableSite()
    yield site
    site.close()


async def test_what_may_be_dialled_for_a_site_goes_with_the_plan(site: BreakableSite) -> None:
    """As for a Service of the cluster, whose address is in no rule of the operator's own."""
    place = SiteRequest("shop", site.url, allow=(str(site.port),))
    inject = Inject(fault="oom_crash", service="api")
    ground, order = SiteGround(), Order("default", "one", "uid-1", place, inject, ChaosRules(allowed="Always"))
    plan = Plan.from_bytes((await ground.plan(order)).to_bytes())
    await ground.rehearse(plan, "")
    await ground.inject(plan, "")
    assert site.fault == "oom_crash"
    await ground.heal(plan, "")
    assert site.is_as_it_was
