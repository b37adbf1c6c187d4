"""Who heals in a namespace is described once, for kubectl and for the chart."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from praetor.resources.run import IncidentRun
from praetor.resources.site import TargetSite

REPOSITORY = Path(__file__).parents[3]
MODELS: dict[str, Any] = {"IncidentRun": IncidentRun, "TargetSite": TargetSite}


def test_the_chart_has_the_same_manifest_as_people() -> None:
    texts = [REPOSITORY / "manifests/chaos/deadman.yaml", REPOSITORY / "charts/praetor/files/deadman.yaml"]
    assert texts[0].read_text() == texts[1].read_text()


def test_the_experiments_to_copy_are_manifests_that_are_taken() -> None:
    files = sorted((REPOSITORY / "manifests/chaos").glob("*-experiment.yaml"))
    kinds = [(manifest["kind"], MODELS[manifest["kind"]].model_validate(manifest)) for manifest in documents(files)]
    assert [kind for kind, _ in kinds] == ["TargetSite", "IncidentRun"] * 2


def documents(files: list[Path]) -> Iterator[dict[str, Any]]:
    for file in files:
        yield from yaml.safe_load_all(file.read_text())
