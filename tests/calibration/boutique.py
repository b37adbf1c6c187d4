"""Online Boutique as a topology: one pod each, with the CPU limits and the load of Nezha's day.

Who calls whom how often follows from the public sources (GoogleCloudPlatform/microservices-demo): the load generator's
19 tasks make 28 requests of six kinds, and each kind makes the calls of its handler in the frontend. That gives the
measured 0.57 calls of `adservice` per request, 0.71 of `recommendationservice`, and so on; a test compares them all.
The handlers are services of their own here, since a kind of request is what the kernel knows a service by; they run in
the frontend's process and need no CPU beside it.
"""

from dataclasses import dataclass

from simcore.topologies.topology import Call, Part, Topology

FRONTEND = "frontend"
REQUESTS = 28.0
THINK_S = 2.8
"""Of a user before a request, on average. Eight faults of the day at least doubled the mean latency L of the entry; the
throughput X that they left gives (X L - X0 L0) / (X0 - X) = 2.1 to 4.3 s, the median of which this is. The public load
generator waits 1 to 10 s after each of 19 tasks that make 28 requests, 3.7 s a request."""
_IN_CART, _RECOMMENDED, _OFFERED = 2.1, 5.0, 9.0
"""Products: in a cart (which makes the measured calls of `currencyservice`), recommended, and on the home page."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A pod in calm minutes: medians of the day. `aside_ms` is what its requests wait for beside CPU and callees, so
    that p99 is as measured (garbage collection and locks of a Java and of a Python process)."""

    requests_per_second: float
    cpu_percent: float
    cpu_limit_cores: float = 0.2
    aside_ms: float = 0.0

    @property
    def work_ms(self) -> float:
        """CPU time of a request."""
        return 10.0 * self.cpu_limit_cores * self.cpu_percent / self.requests_per_second


PODS = {
    FRONTEND: Measured(8.6, 25.8),
    "adservice": Measured(4.93, 3.88, 0.3, aside_ms=15.0),
    "cartservice": Measured(8.27, 6.14, 0.3),
    "checkoutservice": Measured(0.27, 6.43),
    "currencyservice": Measured(26.1, 66.0),
    "emailservice": Measured(0.27, 0.46),
    "paymentservice": Measured(0.27, 0.33),
    "productcatalogservice": Measured(47.2, 37.5),
    "recommendationservice": Measured(6.13, 7.13, aside_ms=4.0),
    "shippingservice": Measured(2.40, 2.70),
}
PAGES = {"home": 3.0, "product": 13.0, "cart": 6.0, "add-to-cart": 3.0, "order": 1.0}
"""Of 28 requests; the two others set the currency and call nobody."""
_CALLS: dict[str, dict[str, float]] = {
    FRONTEND: {page: count / REQUESTS for page, count in PAGES.items()},
    "home": {"currencyservice": 1.0 + _OFFERED, "productcatalogservice": 1.0, "cartservice": 1.0, "adservice": 1.0},
    "product": {
        "currencyservice": 2.0, "cartservice": 1.0, "adservice": 1.0, "recommendationservice": 1.0,
        "productcatalogservice": 1.0 + _RECOMMENDED,
    },
    "cart": {
        "currencyservice": 2.0 + _IN_CART, "cartservice": 1.0, "shippingservice": 1.0, "recommendationservice": 1.0,
        "productcatalogservice": _RECOMMENDED + _IN_CART,
    },
    "add-to-cart": {"productcatalogservice": 1.0, "cartservice": 1.0},
    "order": {
        "checkoutservice": 1.0, "currencyservice": 1.0, "recommendationservice": 1.0,
        "productcatalogservice": _RECOMMENDED,
    },
    "checkoutservice": {
        "cartservice": 2.0, "productcatalogservice": _IN_CART, "currencyservice": 1.0 + _IN_CART,
        "shippingservice": 2.0, "paymentservice": 1.0, "emailservice": 1.0,
    },
    "recommendationservice": {"productcatalogservice": 1.0},
}  # fmt: skip
FRONTEND_CALLS = sum(count * sum(_CALLS[page].values()) for page, count in PAGES.items()) / REQUESTS
"""That one request of the frontend makes."""


def _pod(name: str, pod: Measured) -> Part:
    return Part(name, "go", replicas=1, work_ms=pod.work_ms, cpu_cores=pod.cpu_limit_cores, heap_mb=100.0)


BOUTIQUE = Topology(
    name="online-boutique",
    nominal_rps=PODS[FRONTEND].requests_per_second,
    parts=(
        *(_pod(name, pod) for name, pod in PODS.items()),
        *(Part(page, "go", replicas=1, work_ms=0.01, cpu_cores=8.0, heap_mb=100.0) for page in PAGES),
    ),
    calls=tuple(Call(caller, callee, rate) for caller, calls in _CALLS.items() for callee, rate in calls.items()),
)


def callers(service: str) -> tuple[str, ...]:
    """Pods that call a pod."""
    found = (FRONTEND if caller in PAGES else caller for caller, calls in _CALLS.items() if service in calls)
    return tuple(dict.fromkeys(found))
