"""A chain of services in which everybody waits, and causes that may befall any of them."""

from itertools import pairwise

from hypothesis import strategies as st

from simcore.kernel import layout as at
from simcore.topologies.topology import Call, Part
from tests.support.tiny_world import ENDLESS, TinyWorld, tiny_world

NAMES = ("s0", "s1", "s2", "s3")

CAUSES = st.one_of(
    st.fixed_dictionaries({at.WORK_MS: st.floats(20.0, 400.0)}),
    st.fixed_dictionaries({at.CPU_CORES: st.floats(0.2, 1.0)}),
    st.fixed_dictionaries({at.QUEUE_LIMIT: st.floats(1.0, 2000.0)}),
    st.fixed_dictionaries({at.RATE_LIMIT_RPS: st.floats(1.0, 60.0)}),
    st.fixed_dictionaries({at.WORKERS: st.floats(1.0, 50.0)}),
    st.fixed_dictionaries({at.DESIRED: st.integers(0, 4).map(float)}),
    st.fixed_dictionaries({at.NET_DELAY_MS: st.floats(0.0, 2000.0)}),
    st.fixed_dictionaries({at.HOGGED: st.floats(0.0, 0.9)}),
)


def patient_chain(*, consumer: str = "") -> TinyWorld:
    """Every service asks the next one once for every request that it serves: so what one serves is what the next is
    asked. Nobody gives up, and nobody is killed: requests fail at the door, at a full queue, or nowhere."""
    roles = ["consumer" if name == consumer else "service" for name in NAMES]
    parts = [Part(n, "go", role, work_ms=20.0, memory_mb=4096.0) for n, role in zip(NAMES, roles, strict=True)]
    calls = [Call(a, b, 1.0, is_async=b == consumer) for a, b in pairwise(NAMES)]
    world = tiny_world(parts, calls, rate=20.0)
    world.clock[[at.QUOTA_MB, at.NODES_MB]] = ENDLESS
    world.be_patient()
    for name in NAMES:
        world.set(name, {at.QUEUE_LIMIT: 60.0})
    return world
