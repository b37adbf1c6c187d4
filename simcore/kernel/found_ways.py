"""What `check_connectivity` and `check_dns` find: the way to each callee, how it answers, whether its name resolves."""

from simcore.kernel import diagnose as d
from simcore.kernel import found as f
from simcore.kernel.compiled import compiled
from simcore.kernel.found import find_at, find_nothing, say
from simcore.kernel.layout import Floats
from simcore.kernel.observe import OUT_COUNT, OUT_PAYLOAD

_FAILING, _SLOW_MS, _USUAL_MTU = 0.05, 400.0, 1450.0
_LOSSY, _FAR_MS, _INSISTENT = 0.02, 20.0, 1.5
_OTHER_RESOLVER = 2.0


@compiled
def find_callees(out: Floats, told: Floats) -> None:
    count = int(out[OUT_COUNT])
    for k in range(count):
        row = out[OUT_PAYLOAD + d.CALLEE_COLUMNS * k :]
        about, refused = row[d.E_CALLEE], row[d.E_TOPIC_FULL]
        if row[d.E_ASYNC] != 0.0:
            full = refused >= _FAILING
            find_at(told, f.TOPIC_FULL if full else f.TOPIC_TAKES, not full, refused, about)
        elif not find_no_way(row, about, told):
            find_way(row, about, told)
            find_answers(row, about, told)
    if count == 0:
        find_nothing(told, f.CALLS_NOBODY)


@compiled
def find_no_way(row: Floats, about: float, told: Floats) -> bool:
    """What keeps calls from arriving; whether anything does."""
    if row[d.E_NAMES] > _FAILING:
        find_at(told, f.NAME_LOST, False, row[d.E_NAMES], about)
    elif row[d.E_POLICY] > 0.0:
        find_at(told, f.CONNECT_LATE, False, 1.0, about, row[d.E_UP])
    elif row[d.E_UP] < 1.0:
        find_at(told, f.CONNECT_REFUSED, False, 1.0, about)
    elif row[d.E_TLS] > _FAILING:
        find_at(told, f.HANDSHAKE_FAILS, False, row[d.E_TLS], about)
    elif row[d.E_LOGIN] > _FAILING:
        find_at(told, f.LOGIN_FAILS, False, row[d.E_LOGIN], about)
    else:
        return False
    return True


@compiled
def find_way(row: Floats, about: float, told: Floats) -> None:
    if row[d.E_MTU] > _USUAL_MTU:
        find_at(told, f.BIG_PACKETS_LOST, False, row[d.E_MTU], about, _USUAL_MTU)
    if row[d.E_LOSS] > _LOSSY:
        find_at(told, f.PACKETS_LOST, False, row[d.E_LOSS], about)
    if row[d.E_DELAY_MS] > _FAR_MS:
        find_at(told, f.FAR_AWAY, False, row[d.E_DELAY_MS], about)
    if row[d.E_ATTEMPTS] > _INSISTENT:
        find_at(told, f.RETRIED, False, row[d.E_ATTEMPTS], about)
    if row[d.E_LATE] > _FAILING:
        find_at(told, f.CALLS_LATE, False, row[d.E_TIMEOUT_MS], about, row[d.E_LATE])


@compiled
def find_answers(row: Floats, about: float, told: Floats) -> None:
    failing, p99_ms, limited = row[d.E_FAIL], row[d.E_P99_MS], row[d.E_LIMITED]
    if limited > _FAILING:
        find_at(told, f.ANSWERS_LIMITED, False, limited, about)
    say(told, f.CONNECTED, failing < _FAILING, failing, about, row[d.E_UP], 100.0 * failing, 0.0)
    find_at(told, f.LATENCY, p99_ms < _SLOW_MS, p99_ms, about)


@compiled
def find_names(out: Floats, told: Floats) -> None:
    o, count = out[OUT_PAYLOAD:], int(out[OUT_COUNT])
    resolver, misnamed = o[0], o[1] > 0.0
    for k in range(count):
        if resolver > 0.0:
            code = f.RESOLVER_SILENT if resolver == _OTHER_RESOLVER else f.RESOLVER_FAILS
            find_at(told, code, False, resolver, o[2 + k])
        elif misnamed and k == 0:
            find_at(told, f.NO_SUCH_NAME, False, 3.0, o[2 + k])
        else:
            find_at(told, f.NAME_RESOLVED, True, 0.0, o[2 + k])
    if count == 0:
        find_nothing(told, f.NO_NAMES)
