"""How the 200 labelled alert rules are drawn: `python draw.py FOLDER first|second` prints candidates in their order.

FOLDER has awesome-prometheus-alerts-half.jsonl and kube-prometheus/. Rules whose text (name and all
annotations) is the same are one. All are shuffled with SEED; those at even places are candidates of the first
half, those at odd places of the second. A person labels candidates in this order and keeps the first 50 that
are `unknown` and the first 50 that are not: families come as they come, `unknown` is half. The other half's
candidates are not looked at.
"""

import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

SEED = 20260707


def rules(folder: Path) -> Iterator[dict[str, Any]]:
    for line in (folder / "awesome-prometheus-alerts-half.jsonl").read_text().splitlines():
        rule = json.loads(line)
        texts = {"description": rule["description"]}
        yield {"id": f"awesome/{rule['id']}", "name": rule["name"], "severity": rule["severity"], "annotations": texts}
    for path in sorted((folder / "kube-prometheus").glob("*.yaml")):
        document = yaml.safe_load(path.read_text())
        alerts = [rule for group in document["spec"]["groups"] for rule in group["rules"] if "alert" in rule]
        for place, rule in enumerate(alerts):
            texts = {name: text for name, text in rule["annotations"].items() if name != "runbook_url"}
            yield {
                "id": f"{path.stem.removesuffix('-prometheusRule')}/{place}",
                "name": rule["alert"],
                "severity": rule.get("labels", {}).get("severity", ""),
                "annotations": texts,
            }


def candidates(folder: Path, half: str) -> list[dict[str, Any]]:
    unique = {(rule["name"], *sorted(rule["annotations"].items())): rule for rule in rules(folder)}
    shuffled = sorted(unique.values(), key=lambda rule: str(rule["id"]))
    random.Random(SEED).shuffle(shuffled)
    return shuffled[{"first": 0, "second": 1}[half] :: 2]


if __name__ == "__main__":
    for candidate in candidates(Path(sys.argv[1]), sys.argv[2]):
        print(json.dumps(candidate, ensure_ascii=False))
