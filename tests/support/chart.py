"""What Helm makes of the chart, as objects."""

from typing import Any

import yaml

from tests.support.cluster import CHART, run

Manifest = dict[str, Any]
ROOT = CHART.parents[1]


def rendered(*settings: str, release: str = "praetor") -> list[Manifest]:
    text = run("helm", "template", release, str(CHART), "--namespace", "praetor-system", *settings)
    return [manifest for manifest in yaml.safe_load_all(text) if manifest]


def of_kind(manifests: list[Manifest], *kinds: str) -> list[Manifest]:
    return [manifest for manifest in manifests if manifest["kind"] in kinds]


def pod_specs(manifests: list[Manifest]) -> list[Manifest]:
    return [deployment["spec"]["template"]["spec"] for deployment in of_kind(manifests, "Deployment")]
