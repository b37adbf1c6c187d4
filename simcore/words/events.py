"""The events of a service that `describe_service` shows; fields are the numbers of an event."""

from simcore.kernel import told as t

EVENTS: dict[int, str] = {
    t.E_OOM_KILLED: "Warning OOMKilling: container exceeded its memory limit of {0:Mi}, exit code 137",
    t.E_UNHEALTHY: ("Warning Unhealthy: Liveness probe failed: context deadline exceeded; container will be restarted"),
    t.E_BACK_OFF: "Warning BackOff: back-off restarting failed container",
    t.E_FORBIDDEN: (
        "Warning FailedCreate: pod is forbidden: exceeded quota, requested memory {0:Mi}, used {1:Mi}, limited {2:Mi}"
    ),
    t.E_UNSCHEDULABLE: "Warning FailedScheduling: 0/3 nodes are available: 3 Insufficient memory",
    t.E_RESCALED: (
        "Normal SuccessfulRescale: new size {0:.0f}, reason: {1:memory|cpu} utilisation above target {2:percent}"
    ),
    t.E_AT_MAXIMUM: "Warning ScalingLimited: the desired replica count is more than the maximum of {0:.0f}",
}
