"""What services write, in the words of their language; facts about the words are in docs/simulator.md.

A text may have `{0}` and `{1}`, the numbers of its source; where the first is a service, `{name}` is its name.
"""

from typing import NamedTuple

from simcore.kernel import logs


class Line(NamedTuple):
    """`texts` by runtime; `any` stands for all the others."""

    severity: str
    texts: dict[str, str]


def _same(severity: str, text: str) -> Line:
    return Line(severity, {"any": text})


LINES: dict[int, Line] = {
    logs.PROBED: _same("INFO", "GET /healthz 200 1ms"),
    logs.SERVED: _same("INFO", "request completed status=200"),
    logs.FLUSHED: _same("INFO", "flushed 128 spans to collector"),
    logs.UNCHANGED: _same("DEBUG", "config unchanged, next refresh in 60s"),
    logs.DEBUGGED: _same("DEBUG", "entering handler, request headers and body dumped"),
    logs.CHRONIC_1: _same("WARN", "deprecated header X-Client-Id used by partner integration"),
    logs.CHRONIC_2: _same("WARN", "slow metrics scrape: 812ms"),
    logs.CHRONIC_3: _same("ERROR", "feature store snapshot older than 24h, using defaults"),
    logs.CHRONIC_4: _same("WARN", "TLS session ticket key not rotated for 30 days"),
    logs.OUT_OF_MEMORY: Line(
        "FATAL",
        {
            "java": "java.lang.OutOfMemoryError: Java heap space",
            "go": "fatal error: runtime: out of memory",
            "node": "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
            "python": "MemoryError",
            "dotnet": "Out of memory. System.OutOfMemoryException",
            "any": "out of memory: failed on request of size 8192",
        },
    ),
    logs.STARTED: _same("INFO", "listening on :8080"),
    logs.MEMORY_PRESSURE: _same("WARN", "memory pressure: {0:.0f}Mi of {1:.0f}Mi in use"),
    logs.NO_CONNECTION: Line(
        "ERROR",
        {
            "java": "org.postgresql.util.PSQLException: could not get a connection from the pool within 1000ms",
            "go": "pq: sorry, too many clients already",
            "node": "TimeoutError: ResourceRequest timed out",
            "python": "sqlalchemy.exc.TimeoutError: QueuePool limit reached, connection timed out",
            "any": "Timeout expired: all pooled connections were in use and max pool size was reached",
        },
    ),
    logs.CONNECTIONS_RESERVED: Line(
        "ERROR",
        {
            "postgres": "remaining connection slots are reserved: {0:.0f} of {1:.0f} in use",
            "any": "Too many connections: {0:.0f} of {1:.0f} in use",
        },
    ),
    logs.CONNECTION_HELD: _same("WARN", "connection held for {0:.0f}s without being returned to the pool"),
    logs.CALL_FAILED: _same("ERROR", "call to {name} failed: 5xx or timeout"),
    logs.CALL_REFUSED: _same("ERROR", "connect to {name}: connection refused"),
    logs.CALL_LATE: Line(
        "ERROR",
        {
            "java": "java.net.SocketTimeoutException: Read timed out calling {name}",
            "go": "Get {name}: context deadline exceeded",
            "python": "requests.exceptions.ReadTimeout: {name}: Read timed out",
            "any": "call to {name} timed out",
        },
    ),
    logs.QUEUE_FULL: _same("ERROR", "request queue is full, request rejected"),
    logs.DISK_IS_FULL: Line(
        "ERROR",
        {
            "java": "java.io.IOException: No space left on device",
            "go": "write /var/log/app.log: no space left on device",
            "postgres": "could not extend file: No space left on device",
            "any": "[Errno 28] No space left on device",
        },
    ),
    logs.CERTIFICATE_EXPIRED: Line(
        "ERROR",
        {
            "java": "javax.net.ssl.SSLHandshakeException: PKIX path validation failed calling {name}",
            "go": "Get {name}: x509: certificate has expired or is not yet valid",
            "node": "Error: certificate has expired calling {name} (CERT_HAS_EXPIRED)",
            "any": "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed calling {name}: certificate has expired",
        },
    ),
    logs.NAME_UNRESOLVED: Line(
        "ERROR",
        {
            "java": "java.net.UnknownHostException: {name}.internal",
            "go": "dial tcp: lookup {name}.internal: server misbehaving",
            "node": "Error: getaddrinfo EAI_AGAIN {name}.internal",
            "python": "[Errno -3] Temporary failure in name resolution: {name}.internal",
            "any": "Could not resolve host: {name}.internal",
        },
    ),
    logs.LOGIN_FAILED: Line(
        "ERROR",
        {
            "java": 'org.postgresql.util.PSQLException: FATAL: password authentication failed for user "app"',
            "any": '{name}: password authentication failed for user "app"',
        },
    ),
    logs.TURNED_AWAY: _same("WARN", "rate limit exceeded, HTTP 429 returned"),
    logs.LOCK_TIMED_OUT: _same("ERROR", "Lock wait timeout exceeded; canceling statement due to lock timeout"),
    logs.LOCK_WAITED: _same("WARN", "process still waiting for ShareLock on transaction after {0:.0f} ms"),
    logs.QUERY_WAS_SLOW: _same("WARN", "slow query: duration {0:.0f} ms"),
    logs.WRITE_REFUSED: _same("ERROR", "cannot execute INSERT in a read-only transaction"),
    logs.REPLICA_BEHIND: _same("WARN", "replica is {0:.0f}s behind, reads go to the primary"),
    logs.TOKEN_REFUSED: _same("ERROR", "token used before issued, request rejected with 401"),
    logs.OUTSIDE_FAILED: _same("ERROR", "request to provider failed: 503 Service Unavailable"),
    logs.GC_PAUSED: _same("WARN", "GC overhead: {0:.0f} ms of the last second spent collecting"),
    logs.EXECUTOR_FULL: Line(
        "ERROR",
        {
            "java": "java.util.concurrent.RejectedExecutionException: pool is exhausted",
            "any": "no free worker, request waits",
        },
    ),
    logs.CACHE_MISSED: _same("WARN", "cache hit ratio down to {0:.0f} %"),
    logs.LAG_GROWS: _same("WARN", "consumer lag is {0:.0f} messages"),
    logs.MESSAGE_RETRIED: _same("ERROR", "processing failed, message will be delivered again"),
    logs.PUBLISH_FAILED: _same("ERROR", "publish to {name} failed: topic is full"),
    logs.HANDLER_FAILED: Line(
        "ERROR",
        {
            "java": "java.lang.NullPointerException in request handler",
            "go": "panic recovered in handler: runtime error: invalid memory address or nil pointer dereference",
            "node": "TypeError: Cannot read properties of undefined",
            "python": "KeyError in request handler",
            "any": "unhandled exception in request handler",
        },
    ),
    logs.REQUEST_FAILED: _same("ERROR", "request completed status=500"),
    logs.GOT_429: _same("WARN", "call to {name} answered 429 Too Many Requests"),
}
RUNTIMES = tuple(sorted({runtime for line in LINES.values() for runtime in line.texts}))
LOG_FORMATS = ("plain", "logfmt", "json")


def line_text(code: int, runtime: str, log_format: str) -> str:
    """As the services of a topology write it: plain words, logfmt or JSON."""
    line = LINES[code]
    text = line.texts.get(runtime) or line.texts["any"]
    if log_format == "logfmt":
        return f'level={line.severity.lower()} msg="{text}"'
    if log_format == "json":
        escaped = text.replace('"', '\\"')
        return f'{{{{"level":"{line.severity.lower()}","msg":"{escaped}"}}}}'
    return text
