"""The settings that `update_config` takes: names, units, bounds, and which way is better."""

from dataclasses import dataclass
from typing import Literal

from simcore.kernel import keys
from simcore.quantity import MEBIBYTE, parse_quantity
from simcore.words.formats import formatted

Kind = Literal["memory", "cores", "number", "switch", "level", "resolver", "policy"]
CLUSTER_RESOLVER = "cluster"
OTHER_RESOLVER = "10.0.0.53"
LEVELS = ("INFO", "DEBUG", "WARN", "ERROR")
_ON, _OFF = ("on", "true", "yes", "1", "enabled"), ("off", "false", "no", "0", "disabled")


@dataclass(frozen=True, slots=True)
class Setting:
    """`restored`: what counts as put right again, as a share of the usual value or, for a switch, the value itself."""

    name: str
    number: int
    kind: Kind
    low: float = 0.0
    high: float = 1e6
    better: Literal["higher", "lower"] = "higher"
    restored: float = 0.75

    def parse(self, text: str) -> float:
        """The value as the kernel takes it. Raises ValueError that says what was expected."""
        if self.kind in ("switch", "level", "resolver", "policy"):
            return _WORDS[self.kind](text.strip())
        number = parse_quantity(text.strip())
        if self.kind == "memory":
            number /= MEBIBYTE
        if not self.low <= number <= self.high:
            raise ValueError(f"{text} is outside {self.shown(self.low)} to {self.shown(self.high)}")
        return number

    @property
    def takes(self) -> str:
        """What may be given for it, for people."""
        words = {
            "switch": "on or off",
            "level": "INFO or DEBUG",
            "policy": "allow or deny",
            "resolver": "cluster, or an address",
        }
        return words.get(self.kind) or f"{self.shown(self.low)} to {self.shown(self.high)}"

    def shown(self, value: float) -> str:
        """The value as people write it."""
        return formatted(value, self.form)

    @property
    def form(self) -> str:
        """The format of its values, as templates name it."""
        return _FORMS[self.kind]


_FORMS: dict[Kind, str] = {
    "memory": "Mi",
    "cores": "m",
    "number": "short",
    "switch": "off|on",
    "level": "INFO|DEBUG",
    "resolver": f"{CLUSTER_RESOLVER}|{OTHER_RESOLVER}",
    "policy": "allow|deny",
}


def _switch(text: str) -> float:
    if text.lower() in _ON:
        return 1.0
    if text.lower() in _OFF:
        return 0.0
    raise ValueError(f"{text!r} should be on or off")


def _level(text: str) -> float:
    if text.upper() not in LEVELS:
        raise ValueError(f"{text!r} should be one of {', '.join(LEVELS)}")
    return float(text.upper() == "DEBUG")


def _resolver(text: str) -> float:
    return 0.0 if text == CLUSTER_RESOLVER else 1.0


def _policy(text: str) -> float:
    if text not in ("allow", "deny"):
        raise ValueError(f"{text!r} should be allow or deny")
    return float(text == "deny")


_WORDS = {"switch": _switch, "level": _level, "resolver": _resolver, "policy": _policy}

SETTINGS: tuple[Setting, ...] = (
    Setting("memory.limit", keys.MEMORY_LIMIT, "memory", 1, 2**20),
    Setting("cpu.limit", keys.CPU_LIMIT, "cores", 0.01, 64),
    Setting("cluster.resource.quota.memory_mb", keys.MEMORY_QUOTA, "number", 256, 2**20),
    Setting("db.pool.max_size", keys.POOL_MAX, "number", 1, 1000),
    Setting("db.pool.min_size", keys.POOL_MIN, "number", 0, 100, "lower", 1.0),
    Setting("server.threads.max", keys.THREADS, "number", 1, 4096),
    Setting("client.timeout_ms", keys.CLIENT_TIMEOUT, "number", 1, 120_000),
    Setting("client.retries", keys.RETRIES, "number", 0, 20, "lower", 2.0),
    Setting("client.retry_budget_percent", keys.RETRY_BUDGET, "number", 0, 2000, "lower", 3.0),
    Setting("rate_limit.rps", keys.RATE_LIMIT, "number", 1, 100_000),
    Setting("log.level", keys.LOG_LEVEL, "level", better="lower", restored=0.0),
    Setting("disk.size_mb", keys.DISK_SIZE, "number", 64, 2**20),
    Setting("probe.timeout_ms", keys.PROBE_TIMEOUT, "number", 1, 120_000, restored=0.4),
    Setting("hpa.max_replicas", keys.HPA_MAX, "number", 1, 100),
    Setting("canary.weight", keys.CANARY_WEIGHT, "number", 0, 100, "lower", 0.0),
    Setting("cache.coalesce", keys.COALESCE, "switch", restored=1.0),
    Setting("cache.ttl_seconds", keys.CACHE_TTL, "number", 0.1, 86_400, restored=0.3),
    Setting("cache.hot_key_copies", keys.HOT_KEY_COPIES, "number", 1, 64, restored=2.0),
    Setting("queue.dead_letter", keys.DEAD_LETTER, "switch", restored=1.0),
    Setting("db.wal.max_size_mb", keys.WAL_SIZE, "number", 16, 2**20, "lower"),
    Setting("db.read_only", keys.READ_ONLY, "switch", better="lower", restored=0.0),
    Setting("db.index.rebuild", keys.INDEX_REBUILD, "switch"),
    Setting("db.replica.cancel_conflicts", keys.CANCEL_CONFLICTS, "switch"),
    Setting("dns.resolver", keys.RESOLVER, "resolver", better="lower", restored=0.0),
    Setting("network.policy", keys.NETWORK_POLICY, "policy", better="lower", restored=0.0),
    Setting("network.mtu", keys.NETWORK_MTU, "number", 576, 9216, "lower", 1.0),
    Setting("fallback.enabled", keys.FALLBACK, "switch", restored=1.0),
    Setting("clock.sync", keys.CLOCK_SYNC, "switch"),
    Setting("feature.rollout", keys.FEATURE, "switch", better="lower", restored=0.0),
    Setting("load.shed_percent", keys.SHED, "number", 0, 90),
    Setting("cluster.nodes", keys.NODES, "number", 1, 100),
    Setting("tls.renewal", keys.RENEWAL, "switch", restored=1.0),
)
BY_NAME = {setting.name: setting for setting in SETTINGS}
CONFIG_KEYS = tuple(BY_NAME)
