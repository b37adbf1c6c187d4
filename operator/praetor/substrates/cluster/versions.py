"""Which revision a policy means by a version. Pure."""

import re

from praetor.substrates.cluster.errors import RefusedChangeError
from praetor.substrates.cluster.revisions import Revision
from praetor.substrates.cluster.templates import essence
from praetor.substrates.cluster.workloads import Workload

_NUMBER = re.compile(r"r?(\d{1,9})(?::.*)?")


def revision_named(workload: Workload, text: str) -> Revision:
    """By `r7:v1.2`, `r7`, `7` or the image's tag; of a tag the newest revision with it. Raises RefusedChangeError for
    one that does not exist, or that is what runs."""
    found = _by_number(workload, text) or _by_tag(workload, text)
    if found is None:
        raise RefusedChangeError(f"to_version: {workload.name} has no {text!r}; {_known(workload)}")
    if found is workload.running or essence(found.template) == essence(workload.running.template):
        raise RefusedChangeError(f"to_version: {text!r} is what {workload.name} runs already; {_known(workload)}")
    return found


def _by_number(workload: Workload, text: str) -> Revision | None:
    match = _NUMBER.fullmatch(text)
    if match is None or workload_has_tag(workload, text):
        return None
    return next((one for one in workload.revisions if one.number == int(match[1])), None)


def workload_has_tag(workload: Workload, text: str) -> bool:
    """A tag may look like a revision: `7` is the image's if there is one of that name."""
    return any(one.tag == text for one in workload.revisions)


def _by_tag(workload: Workload, text: str) -> Revision | None:
    """One that would change something is preferred to what runs."""
    tagged = [one for one in reversed(workload.revisions) if one.tag == text]
    running = essence(workload.running.template)
    others = [one for one in tagged if essence(one.template) != running]
    return next(iter(others or tagged), None)


def _known(workload: Workload) -> str:
    others = [one.version for one in workload.releases[:-1]]
    return f"there are {', '.join(others)}" if others else "there is no earlier one"
