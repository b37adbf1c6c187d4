"""Experiments at a site: who planned one may dial it again, to break and to heal."""

from collections.abc import Iterator
from typing import Any

import pytest

from praetor.guard.targets import SiteRequest
from praetor.resources.experiment import ChaosRules, Inject
from praetor.substrates.chaos.errors import ChaosRefusedError
from praetor.substrates.chaos.plan import Order, Plan
from praetor.substrates.chaos.site import SiteGround
from praetor.substrates.site.errors import RefusedError
from simcore.errors import SimcoreError
from simcore.results import CauseName
from tests.support.breakable_site import BreakableSite


@pytest.fixture
def site() -> Iterator[BreakableSite]:
    site = BreakableSite()
    yield site
    site.close()


def order_at(site: BreakableSite, *, max_pods: int = 10, **inject: Any) -> Order:
    place, rules = SiteRequest("shop", site.url, allow=(str(site.port),)), ChaosRules(allowed="Always")
    limited = rules.model_copy(update={"max_pods": max_pods})
    return Order("default", "one", "uid-1", place, Inject(**{"fault": "oom_crash"} | inject), limited)


@pytest.mark.parametrize("hidden", ["the count", "the service", "all"])
async def test_a_count_of_pods_that_nobody_tells_passes_no_limit(site: BreakableSite, hidden: str) -> None:
    if hidden == "the count":
        site.facts["api"] = {"replicas": None}
    else:
        told = {"services": [{"name": "frontend", "replicas": 1}]}
        site.answers["/ops/services"] = (200, told) if hidden == "the service" else (404, {})
    with pytest.raises(ChaosRefusedError, match=r"maxPods of the TargetSite is 10.*how many replicas api has"):
        await SiteGround().plan(order_at(site))
    assert site.fault is None


async def test_a_fault_of_a_service_that_nobody_names_passes_no_limit(site: BreakableSite) -> None:
    with pytest.raises(ChaosRefusedError, match=r"maxPods.*spec\.inject\.service names it"):
        await SiteGround().plan(order_at(site, fault="gremlins"))
    assert (await SiteGround().plan(order_at(site, fault="gremlins", service="api"))).service == "api"


@pytest.mark.parametrize(("replicas", "may"), [(2, True), (3, False)])
async def test_as_many_pods_as_the_limit_may_be_hit(site: BreakableSite, replicas: int, may: bool) -> None:
    site.facts["api"] = {"replicas": replicas}
    if may:
        assert (await SiteGround().plan(order_at(site, max_pods=2))).service == "api"
        return
    with pytest.raises(ChaosRefusedError, match="api has 3 replicas"):
        await SiteGround().plan(order_at(site, max_pods=2))


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


@pytest.mark.parametrize(("answer", "told"), [((503, {}), "status 503"), ((501, {}), "no POST /ops/heal")])
async def test_an_undo_of_which_nobody_knows_whether_it_is_there_is_not_taken_for_one(
    site: BreakableSite, answer: tuple[int, Any], told: str
) -> None:
    ground = SiteGround()
    plan = await ground.plan(order_at(site))
    site.answers["/ops/heal"] = answer
    with pytest.raises(SimcoreError, match=told):
        await ground.rehearse(plan, "")


async def test_a_heal_that_was_refused_is_said_again_and_not_answered_again(site: BreakableSite) -> None:
    ground = SiteGround()
    plan = await ground.plan(order_at(site))
    await ground.inject(plan, "")
    site.busy = 1
    with pytest.raises(RefusedError, match="busy"):
        await ground.heal(plan, "")
    await ground.heal(plan, "")
    assert site.is_as_it_was


async def test_the_contract_says_where_its_faults_are(site: BreakableSite) -> None:
    with pytest.raises(ChaosRefusedError, match=r"oom_crash hits 'api', not 'frontend'; name 'api', or none"):
        await SiteGround().plan(order_at(site, service="frontend"))
    for service in ("api", None):
        plan = await SiteGround().plan(order_at(site, service=service))
        assert (plan.service, plan.causes) == ("api", (CauseName("api", "heap_oom", "memory"),))


async def test_of_a_site_with_other_names_people_say_where(site: BreakableSite) -> None:
    names = ("shop", "backend")
    site.answers["/ops/health"] = (
        200,
        {"status": "ok", "services": [{"name": name, "health": "healthy"} for name in names]},
    )
    site.answers["/ops/services"] = (200, {"services": [{"name": name, "replicas": 1} for name in names]})
    with pytest.raises(ChaosRefusedError, match=r"spec\.inject\.service names it"):
        await SiteGround().plan(order_at(site))
    assert (await SiteGround().plan(order_at(site, service="backend"))).service == "backend"
