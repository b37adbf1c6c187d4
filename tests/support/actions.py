"""One action of every type, each on a service that no family of the library breaks."""

from typing import Any

from tests.support.playing import do

WELL = "notification-service"

ONE_OF_EACH: dict[str, dict[str, Any]] = {
    action["action_type"]: action
    for action in (
        do("list_services"),
        do("describe_service", WELL),
        do("read_logs", WELL, lines=5, severity="INFO", since=600),
        do("check_metrics", WELL, window=120),
        do("run_diagnostic", WELL, command="check_resources"),
        do("restart_service", WELL, memory_limit="512Mi"),
        do("scale_service", WELL, replicas=3),
        do("rollback_deployment", WELL, to_version="v2.3.1"),
        do("update_config", WELL, key="memory.limit", value="512Mi"),
        do("resolve_incident", causes=[{"service": WELL, "mechanism": "heap_oom"}]),
    )
}
