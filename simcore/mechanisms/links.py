"""The ways between services: names, certificates, packets, clocks, third parties, and callers that ask again."""

from simcore.kernel import keys, plan
from simcore.kernel import layout as at
from simcore.mechanisms.model import CALLEE, ConfigChange, Mechanism, Row, Value, exactly, onset, released, times

LINKS = (
    Mechanism(
        "cert_expiry", "certificate", "A service's certificate is past its date; new connections to it fail.",
        onset(180, 400),
        (Row(at.CERT_EXPIRES_S, Value(of=plan.OF_BEGIN)),),
        roles=("Called",),
    ),
    Mechanism(
        "renewal_disabled", "config", "A certificate expired since somebody switched its renewal off.",
        onset(180, 400),
        (Row(at.RENEWAL_OFF, exactly(1)), Row(at.CERT_EXPIRES_S, Value(of=plan.OF_BEGIN))),
        roles=("Called",), config=ConfigChange(keys.RENEWAL),
    ),
    Mechanism(
        "bundled_certificate_release", "release", "A release ships a certificate of its own, long expired.",
        onset(180, 400),
        (released(at.BREAKS, exactly(at.BREAKS_TLS)),),
        roles=("Called",), new_release=True,
    ),
    Mechanism(
        "dns_failure", "names", "A service's resolver cache is broken; it finds none of those it calls.",
        onset(180, 400),
        (Row(at.RESOLVER, exactly(1)),),
        roles=("Callers",), heals=True,
    ),
    Mechanism(
        "resolver_misconfigured", "config", "A service was pointed at a resolver that does not answer.",
        onset(180, 400),
        (Row(at.RESOLVER, exactly(2)),),
        roles=("Callers",), config=ConfigChange(keys.RESOLVER),
    ),
    Mechanism(
        "wrong_name_release", "release", "A release looks a service up under a name that does not exist.",
        onset(180, 400),
        (released(at.BREAKS, exactly(at.BREAKS_NAMES)),),
        roles=("Callers",), new_release=True,
    ),
    Mechanism(
        "network_delay", "network", "Packets to a service's pods take a slow way.",
        {**onset(180, 400), "delay_ms": (500, 1200)},
        (Row(at.NET_DELAY_MS, times("delay_ms")),),
        roles=("Called",), heals=True,
    ),
    Mechanism(
        "network_loss", "network", "Many packets to a service's pods are lost.",
        {**onset(180, 400), "loss_share": (0.22, 0.4)},
        (Row(at.NET_LOSS, times("loss_share")),),
        roles=("Called",), heals=True,
    ),
    Mechanism(
        "network_partition", "network", "A network policy lets nobody reach a service.",
        onset(120, 300),
        (Row(at.NET_POLICY, exactly(1)),),
        roles=("Called",), config=ConfigChange(keys.NETWORK_POLICY),
    ),
    Mechanism(
        "mtu_mismatch", "config", "A service sends packets that are too large for the network between the nodes.",
        onset(180, 400),
        (Row(at.NET_MTU, exactly(9000)),),
        roles=("Called",), config=ConfigChange(keys.NETWORK_MTU),
    ),
    Mechanism(
        "config_drift", "config", "A caller's timeout was set below what its callees take.",
        {**onset(200, 450), "timeout_factor": (0.5, 0.95)},
        (Row(at.CLIENT_TIMEOUT_MS, times("timeout_factor", plan.OF_CALLEES_MS, whole=True)),),
        roles=("Callers",), config=ConfigChange(keys.CLIENT_TIMEOUT),
    ),
    Mechanism(
        "retry_storm", "dependency", "A caller asks again and again; its retries alone keep what it calls overloaded.",
        {**onset(300, 500), "retries": (6, 8)},
        (
            Row(at.RETRIES, times("retries", whole=True)),
            Row(at.RETRY_BUDGET, exactly(8)),
            Row(at.CLIENT_TIMEOUT_MS, exactly(900)),
            Row(at.QUEUE_LIMIT, exactly(1200), CALLEE),
            Row(at.WORK_MS, Value(6.0, of=at.WORK_MS, of_at=CALLEE), CALLEE, delay=40.0),
            Row(at.WORK_MS, Value(of=at.WORK_MS, of_at=CALLEE), CALLEE, delay=160.0),
        ),
        roles=("CallersOfServices",),
    ),
    Mechanism(
        "third_party_outage", "dependency", "A third party fails or does not answer.",
        {**onset(180, 400), "failing_share": (0.5, 1.0)},
        (Row(at.EXTERNAL_FAIL, times("failing_share")),),
        roles=("CallersOutside",), heals=True, held_out=True,
    ),
    Mechanism(
        "clock_skew", "time", "A service's clock runs away; it refuses the tokens of everybody.",
        {**onset(250, 500), "drift": (0.4, 1.2)},
        (Row(at.CLOCK_DRIFT, times("drift")),),
        roles=("Stateless",), held_out=True,
    ),
    Mechanism(
        "rate_limit_exhaustion", "rate limit", "Requests are more than the replicas' budgets let through.",
        {**onset(180, 400), "extra_share": (1.0, 1.6)},
        (Row(at.EXTRA_RPS, times("extra_share", plan.OF_BUDGET_RPS)),),
        roles=("RateLimitedServices",), heals=True,
    ),
    Mechanism(
        "rate_limit_lowered", "config", "Somebody set the rate limit below the usual load.",
        {**onset(180, 400), "limit_factor": (0.4, 0.75)},
        (Row(at.RATE_LIMIT_RPS, times("limit_factor", at.NOMINAL_RPS, whole=True)),),
        roles=("RateLimitedServices",), config=ConfigChange(keys.RATE_LIMIT),
    ),
)  # fmt: skip
