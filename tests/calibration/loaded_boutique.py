"""The simulated Online Boutique under its load: a fixed number of users who think, ask, and wait for the answer.

The kernel's load is open, so the loop is closed from outside: every second the rate at the entry is set to that of
`users` of whom those that wait for an answer do not ask. In equilibrium that is users / (think time + latency).
"""

import math
from collections.abc import Callable

from simcore.kernel import layout as at
from simcore.kernel.advance import advance
from simcore.kernel.layout import Floats
from simcore.kernel.sections import sections
from simcore.topologies.rest import world_at_rest
from tests.calibration.boutique import BOUTIQUE, FRONTEND_CALLS, PAGES, PODS, THINK_S

_STEP_S = 1.0
_SETTLES_IN_STEPS, _SETTLING_STEP_S = 60, 10.0
_NEVER_MS = 1e9
_WAY_MS = 4.0
"""Through two Envoy proxies and back: what callers waited longer than handlers worked, in Nezha's traces."""
Cause = Callable[[Floats], None]
"""Changes the causes of one service: a row of `simcore.kernel.layout`'s services."""


class LoadedBoutique:
    """Begins without a fault, at rest."""

    def __init__(self) -> None:
        self._world = world_at_rest(BOUTIQUE).copy()
        self._sections = sections(self._world, BOUTIQUE.graph)
        _without_limits(self._sections.services)
        for _ in range(_SETTLES_IN_STEPS):
            advance(self._world, BOUTIQUE.graph, _SETTLING_STEP_S)
        self._users = BOUTIQUE.nominal_rps * (THINK_S + self._latency_s)
        self._thinking = BOUTIQUE.nominal_rps * THINK_S

    @property
    def _latency_s(self) -> float:
        return float(self._sections.services[BOUTIQUE.entry, at.MEAN_MS]) / 1000.0

    @property
    def services(self) -> Floats:
        """A copy of all services' rows, as they are now."""
        return self._sections.services.copy()

    def befall(self, service: str, cause: Cause) -> None:
        cause(self._sections.services[BOUTIQUE.index[service]])

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / _STEP_S)):
            self._let_users_think()
            self._sections.clock[at.BASE_RPS] = self._thinking / THINK_S
            advance(self._world, BOUTIQUE.graph, _STEP_S)

    def _let_users_think(self) -> None:
        """Users get their answers after the latency on average and ask again after the think time."""
        speed = 1.0 / self._latency_s + 1.0 / THINK_S
        steady = self._users * THINK_S / (THINK_S + self._latency_s)
        self._thinking = steady + (self._thinking - steady) * math.exp(-speed * _STEP_S)


def _without_limits(services: Floats) -> None:
    """Nothing in Online Boutique times out (but calls of ads, after 1 s), is probed away or refuses: with latencies of
    55 s at the entry no request failed."""
    services[:, at.SPECIAL] = 1.0
    services[:, [at.DEADLINE_MS, at.CLIENT_TIMEOUT_MS, at.PROBE_TIMEOUT_MS]] = _NEVER_MS
    services[:, [at.QUEUE_LIMIT, at.WORKERS]] = 1e6
    services[:, at.NET_DELAY_MS] = _WAY_MS
    services[[BOUTIQUE.index[page] for page in PAGES], at.NET_DELAY_MS] = 0.0
    services[BOUTIQUE.entry, at.VISITS] = 1.0 + FRONTEND_CALLS
    for name, pod in PODS.items():
        services[BOUTIQUE.index[name], [at.EXTERNAL_SHARE, at.EXTERNAL_MS]] = 1.0, pod.aside_ms
