"""A scenario drafted from its flat form and a way that it may be: complete, but not proved yet."""

import re
from functools import cache
from typing import Any

from simcore.conversion.flat import FlatScenario
from simcore.conversion.ways import Way
from simcore.scenarios.library import shipped_names, shipped_scenario
from simcore.scenarios.spec import ScenarioDocument, ScenarioSpec

_ALERT = "{error_percent} % of requests to {service} fail and its p99 latency is {p99_ms} ms over the last minute."
_SAME_EVERY_TIME: dict[str, Any] = {
    "topology": "Shop",
    "noFaultShare": 0.0,
    "selfHealingShare": 0.0,
    "multiFaultShare": 0.0,
}


def draft(flat: FlatScenario, way: Way, target: str) -> ScenarioDocument:
    """The scenario in which `way` befalls `target`, and nothing else ever."""
    fields: dict[str, Any] = {
        "family": flat.name.replace("-", "_"),
        "level": flat.difficulty,
        "description": _description(flat),
        **_SAME_EVERY_TIME,
        "budget": {"easiest": flat.max_steps, "hardest": flat.max_steps},
        "alert": {"titles": [flat.title], "description": _ALERT},
        "logLines": [_without_name(line, target) for line in flat.log_lines],
        "variants": [_variant(way, target)],
        "rubric": [item.item().model_dump(by_alias=True, exclude_none=True) for item in flat.rubric],
    }
    given = {name: value for name, value in fields.items() if value != []}
    return ScenarioDocument(name=free_name(flat), spec=ScenarioSpec.model_validate(given))


def free_name(flat: FlatScenario) -> str:
    """A name of its own: a scenario of the library would be hidden by one that is called as it."""
    return f"{flat.name}-flat" if flat.name in shipped_names() else flat.name


def _without_name(line: str, service: str) -> str:
    """`[ERROR] order-service - text` as `[ERROR] text`: a log names its service itself."""
    return re.sub(rf"^(\[[A-Z]+\] )?{re.escape(service)} - (?=.)", r"\1", line)


def _description(flat: FlatScenario) -> str:
    said = dict.fromkeys(text for text in (flat.description, flat.root_cause) if text)
    return " ".join(text if text.endswith((".", "!", "?")) else f"{text}." for text in said)


def _variant(way: Way, target: str) -> dict[str, Any]:
    variant: dict[str, Any] = {"name": way.mechanism, "mechanism": way.mechanism, "targets": [target]}
    if way.parameters:
        variant["parameters"] = {name: {"low": low, "high": high} for name, (low, high) in way.parameters.items()}
    return variant | {"remedies": _remedies()[way.mechanism]}


@cache
def _remedies() -> dict[str, list[list[dict[str, Any]]]]:
    """What puts each mechanism right, as the library has it."""
    variants = [variant for name in shipped_names() for variant in shipped_scenario(name).spec.variants]
    return {
        variant.mechanism: [[part.model_dump(exclude_unset=True) for part in parts] for parts in variant.remedies]
        for variant in variants
    }
