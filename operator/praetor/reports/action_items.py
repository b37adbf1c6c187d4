"""What to do after the incident, so that it does not come back: a table by mechanism, for people to weigh."""

from collections.abc import Iterable

Items = tuple[str, ...]

BY_MECHANISM: dict[str, Items] = {
    "heap_oom": (
        "Size the memory limit from the observed peak of the heap plus head room, not from the average.",
        "Alert on memory over 85 % of the limit for ten minutes, before the kernel kills the process.",
        "Find out what grew the heap (traffic, batch size, a cache without bound) and give it a bound.",
    ),
    "memory_leak": (
        "Hold the leaking release back until its heap profile is flat under a soak test.",
        "Compare the memory slope of a canary with the release before it, and stop the rollout on a rise.",
        "Do not answer a leak with a larger limit: it only moves the kill to a worse hour.",
    ),
    "connection_leak": (
        "Review the code path that takes a connection without giving it back, and close it in every exit.",
        "Set a leak-detection threshold and a maximum lifetime in the connection pool.",
        "Alert on connections in use against requests in flight; they should rise and fall together.",
    ),
    "leaky_connections_release": (
        "Hold the release back until a soak test shows that connections in use return to their level.",
        "Compare the connections of a canary with those of the release before it.",
        "Set a leak-detection threshold and a maximum lifetime in the connection pool.",
    ),
    "pool_misconfigured": (
        "Keep the connection limit in version control, and have a second person review its changes.",
        "Derive the limit from what all clients together need at peak, and check it before each change.",
        "Alert on the time that callers wait for a connection.",
    ),
    "leaky_release": (
        "Hold the leaking release back until its heap profile is flat under a soak test.",
        "Let the autoscaler scale on load, not on memory, so that a leak cannot eat the quota.",
        "Give critical services a quota or a priority of their own, so that a neighbour cannot starve them.",
    ),
    "quota_lowered": (
        "Compare a new quota with the sum of what is requested, and refuse it when it is below.",
        "Alert on quota use over 90 % and on pods that cannot be created.",
        "Keep quotas in version control, and have a second person review their changes.",
    ),
}

ALWAYS: Items = ("Add this incident to the drill: play it again with other seeds, and with people on call.",)

WITHOUT_FAULT: Items = (
    "Nothing was broken: look at why the alert fired, and raise its threshold or its `for:` duration.",
)

UNKNOWN_CAUSE: Items = (
    "The cause is not known: have a person read the evidence below before the incident is closed.",
    "Note which signal would have told the cause, and add it to the dashboards.",
)


def action_items(mechanisms: Iterable[str] | None) -> Items:
    """For the mechanisms that were at work; empty for nothing broken, None for nobody knows."""
    if mechanisms is None:
        return UNKNOWN_CAUSE + ALWAYS
    known = list(dict.fromkeys(mechanisms))
    if not known:
        return WITHOUT_FAULT + ALWAYS
    found = tuple(item for mechanism in known for item in BY_MECHANISM.get(mechanism, UNKNOWN_CAUSE))
    return tuple(dict.fromkeys(found)) + ALWAYS
