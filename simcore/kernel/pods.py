"""The life of pods: created as far as quota and nodes admit, replaced by rollouts, lost with their node.

Facts: a ReplicaSet whose pods are refused retries with a growing delay up to 1000 s (client-go's default controller
rate limiter); a pod that fits on no node waits and is tried again when something changes.
"""

from simcore.kernel import layout as at
from simcore.kernel.compiled import inlined
from simcore.kernel.layout import Floats

_LONGEST_CREATE_DELAY_S = 1000.0
_STUCK_ROLLOUT_RETRY_S = 60.0
_WAKE_UP_S = 15.0
_NODE_GRACE_S = 50.0
_STAGGER_S = 10.0


@inlined
def used_quota(services: Floats, pods: Floats) -> float:
    """MiB that the memory limits of all pods add up to."""
    total = 0.0
    for s in range(services.shape[0]):
        for p in range(int(services[s, at.PODS])):
            total += pods[s, p, at.LIMIT_MB]
    return total


@inlined
def start_pod(services: Floats, pods: Floats, s: int, p: int, ready_at: float) -> None:
    """A fresh pod; what the one before it had leaked is given back."""
    give_back(services, pods, s, p)
    pods[s, p, at.DOWN_UNTIL] = ready_at
    pods[s, p, at.STARTED_AT] = ready_at
    pods[s, p, at.LEAKED_MB] = 0.0
    pods[s, p, at.CRASHES] = 0.0
    pods[s, p, at.LIMIT_MB] = services[s, at.MEM_LIMIT_MB]
    pods[s, p, at.REPLACE_AT] = at.NEVER


@inlined
def give_back(services: Floats, pods: Floats, s: int, p: int) -> None:
    """A pod that ends frees the connections and threads that it had leaked."""
    services[s, at.LEAKED_CONN] = max(0.0, services[s, at.LEAKED_CONN] - pods[s, p, at.POD_LEAKED_CONN])
    services[s, at.STUCK] = max(0.0, services[s, at.STUCK] - pods[s, p, at.POD_STUCK])
    pods[s, p, at.POD_LEAKED_CONN] = 0.0
    pods[s, p, at.POD_STUCK] = 0.0


@inlined
def remove_pods(services: Floats, pods: Floats, s: int, count: float) -> None:
    left = max(0.0, services[s, at.PODS] - count)
    for p in range(int(left), int(services[s, at.PODS])):
        give_back(services, pods, s, p)
    services[s, at.PODS] = left


@inlined
def lose_pods(services: Floats, pods: Floats, s: int, now: float) -> None:
    """The node under a service's pods is gone; their replacements are made once the node is given up."""
    remove_pods(services, pods, s, services[s, at.PODS])
    services[s, at.CREATE_RETRY_AT] = now + _NODE_GRACE_S


@inlined
def create_delay(pods: float, failures: float) -> float:
    """Seconds until a refused pod is tried again: every event of a living pod wakes its controller up, but a
    service without pods has only the growing delay."""
    return _WAKE_UP_S if pods > 0.0 else min(_LONGEST_CREATE_DELAY_S, 10.0 * 2.0**failures)


@inlined
def create_pods(services: Floats, pods: Floats, clock: Floats, s: int) -> None:
    """Creates what is missing as far as quota and nodes admit; a refusal is retried later and later."""
    now, used, limit = clock[at.NOW_S], used_quota(services, pods), services[s, at.MEM_LIMIT_MB]
    while services[s, at.PODS] < min(services[s, at.DESIRED], at.MAX_PODS):
        if used + limit > min(clock[at.QUOTA_MB], clock[at.NODES_MB]):
            services[s, at.REFUSED_AT if used + limit > clock[at.QUOTA_MB] else at.UNSCHEDULABLE_AT] = now
            services[s, at.CREATE_RETRY_AT] = now + create_delay(services[s, at.PODS], services[s, at.CREATE_FAILURES])
            services[s, at.CREATE_FAILURES] += 1.0
            return
        start_pod(services, pods, s, int(services[s, at.PODS]), now + services[s, at.START_S])
        services[s, at.PODS] += 1.0
        used += limit
    services[s, at.CREATE_FAILURES] = 0.0


@inlined
def reconcile_pods(services: Floats, pods: Floats, clock: Floats) -> None:
    """As many pods as are desired, if there is room for them."""
    for s in range(services.shape[0]):
        if services[s, at.PODS] > services[s, at.DESIRED]:
            remove_pods(services, pods, s, services[s, at.PODS] - services[s, at.DESIRED])
    for s in range(services.shape[0]):
        if services[s, at.PODS] < services[s, at.DESIRED] and clock[at.NOW_S] >= services[s, at.CREATE_RETRY_AT]:
            create_pods(services, pods, clock, s)


@inlined
def roll_out(services: Floats, pods: Floats, s: int, now: float) -> None:
    """Running pods are replaced one after the other, dead and missing ones at once."""
    for p in range(int(services[s, at.PODS])):
        is_down = pods[s, p, at.DOWN_UNTIL] > now
        pods[s, p, at.REPLACE_AT] = now + services[s, at.START_S] + (0.0 if is_down else p * _STAGGER_S)
        if is_down:
            pods[s, p, at.DOWN_UNTIL] = pods[s, p, at.REPLACE_AT] + _STAGGER_S
    services[s, at.SETTLED_PODS] = -1.0
    services[s, at.CREATE_RETRY_AT] = now
    services[s, at.CREATE_FAILURES] = 0.0
    services[s, at.CHANGED_AT] = now


@inlined
def roll_pod(services: Floats, pods: Floats, clock: Floats, s: int, p: int) -> None:
    """The rollout reaches this pod: its replacement is ready and takes over, if there was room for it."""
    now = clock[at.NOW_S]
    needed = used_quota(services, pods) - pods[s, p, at.LIMIT_MB] + services[s, at.MEM_LIMIT_MB]
    if needed > min(clock[at.QUOTA_MB], clock[at.NODES_MB]):
        services[s, at.REFUSED_AT if needed > clock[at.QUOTA_MB] else at.UNSCHEDULABLE_AT] = now
        pods[s, p, at.REPLACE_AT] = now + _STUCK_ROLLOUT_RETRY_S
        return
    start_pod(services, pods, s, p, now)
