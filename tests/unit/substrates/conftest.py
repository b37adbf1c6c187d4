"""A small site, the time, and substrates that are connected to it."""

import pytest

from praetor.guard.addresses import AddressRules
from praetor.guard.client import GuardedClient
from praetor.substrates.live.system import Clock, Pace
from praetor.substrates.site.ops_client import OpsClient
from praetor.substrates.site.substrate import SiteSubstrate
from tests.support.site_episodes import ALERT, VirtualTime


@pytest.fixture
def virtual():
    return VirtualTime()


@pytest.fixture
def connect(site, virtual):
    made = []

    def make(**settings):
        rules = AddressRules(loopback_ports=frozenset({site.port}))
        ops = OpsClient(GuardedClient(site.url, rules=rules), sleep=lambda seconds: None)
        clock = Clock(lambda: virtual.now, virtual.sleep)
        made.append(SiteSubstrate(ops, ALERT, clock=clock, pace=Pace(5.0, 1.0, 60.0), **settings))
        return made[-1]

    yield make
    for substrate in made:
        substrate.close()
