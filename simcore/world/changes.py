"""The four changes. Each returns what was accepted; its effect comes over time. A refusal raises Refused."""

from simcore.actions import Action, RestartService, RollbackDeployment, ScaleService, UpdateConfig
from simcore.errors import SimcoreError
from simcore.observation import ChangeReceipt
from simcore.quantity import format_mebibytes, mebibytes, parse_quantity
from simcore.world import layout as at
from simcore.world.world import World

POOL_MAX_KEY, POOL_MIN_KEY = "db.pool.max_size", "db.pool.min_size"
MEMORY_KEY, CPU_KEY, QUOTA_KEY = "memory.limit", "cpu.limit", "cluster.resource.quota.memory_mb"
CONFIG_KEYS = (POOL_MAX_KEY, POOL_MIN_KEY, MEMORY_KEY, CPU_KEY, QUOTA_KEY)
_STAGGER_S = 10.0


class Refused(SimcoreError):
    """The change makes no sense here; nothing was changed. `code` says of which kind it is."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def apply_change(world: World, action: Action) -> ChangeReceipt:
    """Carries out one of the four changes on an existing service."""
    service = world.incident.topology.index[action.target_service or ""]
    if isinstance(action, RestartService):
        return _restart(world, service, action.parameters.memory_limit)
    if isinstance(action, ScaleService):
        return _scale(world, service, action.parameters.replicas)
    if isinstance(action, RollbackDeployment):
        return _rollback(world, service, action.parameters.to_version)
    assert isinstance(action, UpdateConfig)
    return _configure(world, service, action.parameters.key, action.parameters.value)


def _name(world: World, service: int) -> str:
    return world.incident.topology.names[service]


def _restart(world: World, service: int, memory_limit: str | None) -> ChangeReceipt:
    if memory_limit is not None:
        world.state.services[service, at.MEM_LIMIT_MB] = mebibytes(memory_limit)
    roll_out(world, service)
    limit = f" with memory limit {memory_limit}" if memory_limit else ""
    return ChangeReceipt(_name(world, service), "restart", f"rollout restart of {_name(world, service)}{limit} started")


def roll_out(world: World, service: int) -> None:
    """Running pods are replaced one after the other, dead and missing ones at once, as far as the quota admits."""
    row, pods, now = world.state.services[service], world.state.pods[service], world.now
    for number in range(int(row[at.PODS])):
        down = pods[number, at.DOWN_UNTIL] > now
        pods[number, at.REPLACE_AT] = now + row[at.START_S] + (0.0 if down else number * _STAGGER_S)
        if down:
            pods[number, at.DOWN_UNTIL] = pods[number, at.REPLACE_AT] + _STAGGER_S
    row[at.SETTLED_PODS] = -1.0
    row[at.CREATE_RETRY_AT] = now
    row[at.CREATE_FAILURES] = 0.0
    row[at.CHANGED_AT] = now


def _scale(world: World, service: int, replicas: int) -> ChangeReceipt:
    name = _name(world, service)
    if service == world.incident.topology.database and replicas > 1:
        raise Refused("not_scalable", f"{name} has a single primary and cannot be scaled to {replicas} replicas")
    if replicas > at.MAX_PODS:
        raise Refused("too_many", f"{replicas} replicas of {name} are more than the {at.MAX_PODS} that fit")
    row = world.state.services[service]
    row[at.DESIRED] = replicas
    row[at.CREATE_RETRY_AT] = world.now
    row[at.CHANGED_AT] = world.now
    return ChangeReceipt(name, "scale", f"{name} is being scaled to {replicas} replicas")


def _rollback(world: World, service: int, to_version: str) -> ChangeReceipt:
    """Puts the whole release back as it was: version, replicas, and with them what the autoscaler had added."""
    name, row = _name(world, service), world.state.services[service]
    versions = [version for version, _ in world.incident.releases[service]]
    running = int(row[at.RELEASE])
    if to_version == versions[running]:
        raise Refused("running_version", f"{name} already runs {to_version}")
    if to_version not in versions:
        raise Refused("unknown_version", f"{name} has no release {to_version}; it has {', '.join(versions)}")
    row[at.RELEASE] = versions.index(to_version)
    row[at.DESIRED] = world.incident.topology.replicas[service]
    row[at.HPA_LOW_SINCE] = at.NEVER
    roll_out(world, service)
    return ChangeReceipt(name, "rollback", f"{name} is being rolled back from {versions[running]} to {to_version}")


def _configure(world: World, service: int, key: str, value: str) -> ChangeReceipt:
    if key not in CONFIG_KEYS:
        raise Refused("unknown_key", f"config key {key!r} may not be set; keys are {', '.join(CONFIG_KEYS)}")
    name, row = _name(world, service), world.state.services[service]
    number = _number(key, value)
    if key in (POOL_MAX_KEY, POOL_MIN_KEY):
        if service != world.incident.topology.database:
            raise Refused("wrong_service", f"{key} is set on {_name(world, world.incident.topology.database)}")
        _set_pool(world, key, number)
    elif key == MEMORY_KEY:
        row[at.MEM_LIMIT_MB] = mebibytes(value)
        roll_out(world, service)
    elif key == CPU_KEY:
        row[at.CPU_CORES] = number
        roll_out(world, service)
    else:
        world.state.clock[at.QUOTA_MB] = number
    row[at.CHANGED_AT] = world.now
    return ChangeReceipt(name, "config", f"{key} of {name} is now {value}")


_BOUNDS = {
    POOL_MAX_KEY: (1, 1000),
    POOL_MIN_KEY: (0, 100),
    MEMORY_KEY: (2**20, 2**40),
    CPU_KEY: (0.01, 64),
    QUOTA_KEY: (256, 1_048_576),
}


def _number(key: str, value: str) -> float:
    low, high = _BOUNDS[key]
    try:
        number = parse_quantity(value)
    except ValueError as problem:
        raise Refused("bad_value", f"value of {key}: {problem}") from None
    if not low <= number <= high:
        raise Refused("bad_value", f"value of {key}: {value} is outside {low:g} to {high:g}")
    return number


def _set_pool(world: World, key: str, number: float) -> None:
    services = world.state.services
    if key == POOL_MAX_KEY:
        services[world.incident.topology.database, at.POOL_MAX] = number
        return
    for client in world.incident.topology.callers(world.incident.topology.database):
        services[client, at.POOL_MIN] = number


def current_config(world: World, service: int) -> tuple[tuple[str, str], ...]:
    """The settings of a service that may be changed, as key and value."""
    row = world.state.services[service]
    own = [
        (MEMORY_KEY, format_mebibytes(row[at.MEM_LIMIT_MB])),
        (CPU_KEY, f"{round(row[at.CPU_CORES] * 1000)}m"),
    ]
    if service == world.incident.topology.database:
        own.append((POOL_MAX_KEY, f"{row[at.POOL_MAX]:.0f}"))
    return tuple(own)
