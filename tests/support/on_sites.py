"""A TargetSite and a run on it, as tests of the controller want them."""

from typing import Any

from praetor.controller.observed import Playable
from praetor.guard.targets import SiteRequest
from praetor.resources.run import IncidentRun
from tests.support.observing import ALERT, manifest

SITE = SiteRequest("shop", "https://shop.example")
ON_SITE = Playable("unknown", "unknown", site=SITE)
TARGET = {"alert": ALERT, "target": {"siteRef": {"name": "shop"}}}
TOKEN = "a-token-that-nobody-may-see"
HTTP = {"http": {"url": "https://shop.example"}}
WORKLOADS = {"kubernetes": {"selector": {"matchLabels": {"app": "shop"}}}}


def site_manifest(**spec: Any) -> dict[str, Any]:
    metadata = {"name": "shop", "namespace": "default"}
    return {"apiVersion": "praetor.dev/v1alpha1", "kind": "TargetSite", "metadata": metadata, "spec": spec}


def run_on_site(**spec: Any) -> IncidentRun:
    return IncidentRun.model_validate(manifest(**(TARGET | spec)))
