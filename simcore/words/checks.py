"""What diagnostics find, in words: the name of each check, and its detail.

Fields: `value`, `about` (another service), the numbers 0 to 2, `outside` (the third party of the service).
"""

from typing import NamedTuple

from simcore.kernel import found as f


class CheckWords(NamedTuple):
    name: str
    detail: str


CHECKS: dict[int, CheckWords] = {
    # the way to a callee
    f.CALLS_NOBODY: CheckWords("connect", "calls nobody"),
    f.TOPIC_TAKES: CheckWords("connect {about}", "topic takes messages"),
    f.TOPIC_FULL: CheckWords("connect {about}", "{value:percent} of publishes refused, topic full"),
    f.NAME_LOST: CheckWords("connect {about}", "name does not resolve for {value:percent} of connections"),
    f.CONNECT_LATE: CheckWords("connect {about}", "connect timed out; {0:.0f} endpoints ready"),
    f.CONNECT_REFUSED: CheckWords("connect {about}", "connection refused; no endpoints ready"),
    f.HANDSHAKE_FAILS: CheckWords(
        "connect {about}", "TLS handshake fails for {value:percent} of connections: certificate has expired"
    ),
    f.LOGIN_FAILS: CheckWords(
        "connect {about}", "login fails for {value:percent} of connections: password authentication failed"
    ),
    f.BIG_PACKETS_LOST: CheckWords("packets to {about}", "answers over {0:.0f} bytes are lost (MTU {value:.0f})"),
    f.PACKETS_LOST: CheckWords("packets to {about}", "{value:percent} of packets lost"),
    f.FAR_AWAY: CheckWords("round trip to {about}", "{value:.0f} ms"),
    f.RETRIED: CheckWords("retries to {about}", "{value:.1f} attempts per call"),
    f.CALLS_LATE: CheckWords("timeouts to {about}", "{0:percent} of calls take longer than {value:.0f} ms"),
    f.ANSWERS_LIMITED: CheckWords("answers of {about}", "{value:percent} are 429"),
    f.CONNECTED: CheckWords("connect {about}", "{0:.0f} endpoints ready, {1:.1f} % fail there"),
    f.LATENCY: CheckWords("latency of {about}", "p99 {value:.0f} ms"),
    # its name
    f.NO_NAMES: CheckWords("resolve", "looks up no names"),
    f.RESOLVER_SILENT: CheckWords("resolve {about}.internal", "no answer from 10.0.0.53"),
    f.RESOLVER_FAILS: CheckWords("resolve {about}.internal", "the local cache answers SERVFAIL"),
    f.NO_SUCH_NAME: CheckWords("resolve {about}.internal", "NXDOMAIN: there is no {about}-v2.internal"),
    f.NAME_RESOLVED: CheckWords("resolve {about}.internal", "resolved"),
    # health
    f.READINESS: CheckWords("readiness", "{value:.0f} of {0:.0f} pods ready"),
    f.OWN_REQUESTS: CheckWords("own requests", "{0:.1f} % fail in the service itself"),
    f.OWN_TIME: CheckWords("own time", "{value:.0f} ms in the service itself"),
    f.LOAD: CheckWords("load", "{0:.0f}/s arrive, {1:.0f}/s can be served"),
    f.LIVENESS: CheckWords("liveness", "{value:percent} of probes time out"),
    f.CLOCK: CheckWords("clock", "offset {value:+.0f} s"),
    f.DIRECT: CheckWords("direct clients", "{value:percent} of requests come from none of the callers"),
    f.LIMITED: CheckWords("rate limit", "{value:percent} answered 429"),
    f.EXCEPTIONS: CheckWords("exceptions", "{value:percent} of requests end in an exception"),
    f.DISK_WRITES: CheckWords("disk writes", "{value:percent} of requests fail: no space left on device"),
    f.WRITES: CheckWords("writes", "refused: cannot write in a read-only transaction"),
    f.CANARY: CheckWords("canary", "{value:percent} of traffic goes to the canary"),
    f.CERTIFICATE_OLD: CheckWords("certificate", "expired 41 days ago; not the one that the issuer renewed"),
    f.CERTIFICATE_EXPIRED: CheckWords("certificate", "expired {0:.0f} min ago"),
    f.TOPIC: CheckWords("topic", "{value:.0f} of {0:.0f} messages wait"),
    f.CONSUMPTION: CheckWords(
        "consumption", "{value:percent} of partitions do not advance: one message is delivered again and again"
    ),
    f.PROVIDER: CheckWords("provider {outside}", "{value:percent} fail, {0:.0f} ms"),
    # what is short
    f.MEMORY: CheckWords("memory", "{0:Mi} of {1:Mi}, {2:percent} of CPU collects garbage"),
    f.CPU: CheckWords("cpu", "{value:.0f} % of the limit"),
    f.THROTTLING: CheckWords("cpu throttling", "{value:percent} of periods throttled"),
    f.THREADS: CheckWords("threads", "{0:.0f} of {1:.0f} busy"),
    f.THREADS_STUCK: CheckWords("threads", "{0:.0f} of {1:.0f} busy, {value:.0f} blocked in a deadlock for {2:.0f} s"),
    f.DISK: CheckWords("disk", "{0:.0f} of {1:.0f} MB"),
    f.DISK_GROWTH: CheckWords("disk growth", "{value:.1f} MB/s"),
    f.QUOTA: CheckWords("namespace memory quota", "used {0:Mi}, limited {1:Mi}"),
    f.NODE_FREE: CheckWords("node", "enough CPU left"),
    f.NODE_BURNT: CheckWords("node", "pods get {0:percent} of their CPU: {about} burns the node's cores"),
    f.NODE_MEMORY: CheckWords("node memory", "{0:Mi} requested, {1:Mi} allocatable"),
    f.OTHER_PROCESS: CheckWords("cpu outside requests", "{value:percent} burnt by another process"),
    f.KEYS: CheckWords("keys", "{value:percent} of requests ask for one key"),
    f.CACHE: CheckWords("cache", "hit ratio {value:percent}"),
    f.CACHE_MISSES: CheckWords("cache misses", "{value:.0f} queries for each miss"),
    # of a database
    f.CONNECTIONS: CheckWords("connections", "{0:.0f} of {1:.0f}"),
    f.LOCKS_FREE: CheckWords("locks", "nobody waits"),
    f.LOCKS_HELD: CheckWords(
        "locks",
        "sessions wait for rows that {about} holds, {value:by a running query|idle in transaction}, {0:.0f} ms each",
    ),
    f.PLANS_BY_INDEX: CheckWords("query plans", "by index"),
    f.PLANS_SCAN: CheckWords("query plans", "sequential scans, {value:.1f} times the usual work"),
    f.IDLE_SESSIONS: CheckWords("idle sessions", "{about} holds {value:.0f} without using them"),
    f.QUERIES: CheckWords("queries", "{value:percent} come from {about}"),
    f.REPLICA: CheckWords("replica", "{value:.0f} s behind"),
}
