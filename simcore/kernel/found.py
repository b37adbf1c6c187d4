"""What diagnostics find, check by check: what a probe says, whether that is well, and the numbers that it speaks of.

A row of the checks that are told is (code, well or not, value, about, three numbers); `about` is the number of another
service. `simcore.words.checks` has the words of each code.
"""

import math

from simcore.kernel.compiled import compiled, inlined
from simcore.kernel.layout import Floats
from simcore.kernel.told import add, begin

F_SERVICE, F_COMMAND, F_CHECKS, CHECKS_AT = 0, 1, 2, 5
C_CODE, C_OK, C_VALUE, C_ABOUT, C_FIRST, C_SECOND, C_THIRD = range(7)
CHECK_COLUMNS = 7

(
    CALLS_NOBODY, TOPIC_TAKES, TOPIC_FULL, NAME_LOST, CONNECT_LATE, CONNECT_REFUSED, HANDSHAKE_FAILS, LOGIN_FAILS,
    BIG_PACKETS_LOST, PACKETS_LOST, FAR_AWAY, RETRIED, CALLS_LATE, ANSWERS_LIMITED, CONNECTED, LATENCY,
    NO_NAMES, RESOLVER_SILENT, RESOLVER_FAILS, NO_SUCH_NAME, NAME_RESOLVED,
    READINESS, OWN_REQUESTS, OWN_TIME, LOAD, LIVENESS, CLOCK, DIRECT, LIMITED, EXCEPTIONS, DISK_WRITES, WRITES, CANARY,
    CERTIFICATE_OLD, CERTIFICATE_EXPIRED, TOPIC, CONSUMPTION, PROVIDER,
    MEMORY, CPU, THROTTLING, THREADS, THREADS_STUCK, DISK, DISK_GROWTH, QUOTA, NODE_FREE, NODE_BURNT, NODE_MEMORY,
    OTHER_PROCESS, KEYS, CACHE, CACHE_MISSES, CONNECTIONS, LOCKS_FREE, LOCKS_HELD, PLANS_BY_INDEX, PLANS_SCAN,
    IDLE_SESSIONS, QUERIES, REPLICA,
) = range(61)  # fmt: skip
CHECK_COUNT = 61
NOBODY = -1.0


@inlined
def begin_checks(told: Floats, s: int, command: int) -> None:
    told[F_SERVICE], told[F_COMMAND] = s, command
    begin(told, F_CHECKS, CHECKS_AT, CHECK_COLUMNS)


@compiled
def say(
    told: Floats, code: int, ok: bool, value: float, about: float, first: float, second: float, third: float
) -> None:
    row = add(told, F_CHECKS)
    told[row + C_CODE], told[row + C_OK], told[row + C_VALUE] = code, 1.0 if ok else 0.0, value
    told[row + C_ABOUT] = about
    told[row + C_FIRST], told[row + C_SECOND], told[row + C_THIRD] = first, second, third


@compiled
def find(told: Floats, code: int, ok: bool, value: float, first: float = 0.0, second: float = 0.0) -> None:
    """A check that speaks of the service itself."""
    say(told, code, ok, value, NOBODY, first, second, 0.0)


@compiled
def find_at(told: Floats, code: int, ok: bool, value: float, about: float, first: float = 0.0) -> None:
    """A check that names another service."""
    say(told, code, ok, value, about, first, 0.0, 0.0)


@compiled
def find_nothing(told: Floats, code: int) -> None:
    find(told, code, True, math.nan)
