"""The alert rules that were labelled by hand, as the alerts that Alertmanager makes of them."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from praetor.alerts import alertmanager
from praetor.alerts.classify import classify
from praetor.alerts.manifest import alert_spec
from tests.support.alert_bodies import EPOCH, body

FOLDER = Path(__file__).parents[1] / "data" / "alert_rules"
UNKNOWN = "unknown"
_TEMPLATE = re.compile(r"\{\{.*?\}\}")


@dataclass(frozen=True, slots=True)
class LabelledRule:
    id: str
    name: str
    severity: str
    annotations: dict[str, str]
    family: str

    def alert(self, value: str = "x7") -> dict[str, Any]:
        """`spec.alert` of it; `value` stands for whatever its templates give."""
        said = {name: _TEMPLATE.sub(value, text) for name, text in self.annotations.items()}
        words = re.findall(r"\w+", self.name)
        labels = {"alertname": "".join(word[0].upper() + word[1:] for word in words), "severity": self.severity}
        one = {"status": "firing", "labels": labels, "startsAt": EPOCH.isoformat()}
        return alert_spec(alertmanager.parse(body(one | {"annotations": {"summary": self.name} | said})))

    def found(self) -> str:
        return classify(self.alert()).family or UNKNOWN


def labelled(half: str) -> list[LabelledRule]:
    """`first`, `second`, or `rest`."""
    lines = (FOLDER / f"labels-{half}.jsonl").read_text(encoding="utf-8").splitlines()
    return [LabelledRule(**json.loads(line)) for line in lines]
