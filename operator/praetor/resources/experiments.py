"""The manifest of an experiment: what command line and console create, and all that they do."""

import re
import secrets
from typing import Any

from praetor.resources.meta import API_VERSION, LONGEST_RUN_NAME

_SUFFIX_BYTES = 3


def experiment_run(
    namespace: str,
    site: str,
    fault: str,
    settings: dict[str, Any] | None = None,
    *,
    policy: str = "playbook",
    name: str | None = None,
) -> dict[str, Any]:
    """An IncidentRun with `spec.inject`; `settings` are further fields of that, as the wire has them."""
    return {
        "apiVersion": API_VERSION,
        "kind": "IncidentRun",
        "metadata": {"name": name or new_name(site, fault), "namespace": namespace},
        "spec": {
            "inject": {"fault": fault, **(settings or {})},
            "policy": {"name": policy},
            "target": {"siteRef": {"name": site}},
        },
    }


def ended_now(run: dict[str, Any]) -> dict[str, Any]:
    """The run as it is to be so that its experiment ends."""
    return run | {"spec": run["spec"] | {"cancel": "Now"}}


def new_name(site: str, fault: str) -> str:
    """Of both, cut to what a run's name may have, and something that nobody has had before."""
    suffix = secrets.token_hex(_SUFFIX_BYTES)
    words = re.sub(r"[^a-z0-9]+", "-", f"{site}-{fault}".lower()).strip("-") or "experiment"
    return f"{words[: LONGEST_RUN_NAME - len(suffix) - 1].rstrip('-')}-{suffix}"
