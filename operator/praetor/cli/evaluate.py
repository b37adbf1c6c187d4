"""`praetor evaluate`: how often policies resolve which families, with intervals and the floor beside them."""

import os
import re
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from praetor.cli.errors import BadInput
from praetor.cli.options import DifficultyOption, SplitOption, difficulty_of, one_of
from praetor.cli.output import Format, OutputOption, show

ALL = "all"
MOST_EPISODES = 1_000_000

PolicyOption = Annotated[str, typer.Option("--policy", help="Names, separated by commas.")]
FamilyOption = Annotated[str, typer.Option("--family", help="`all` of the split, or names separated by commas.")]
SeedsOption = Annotated[str, typer.Option("--seeds", help="FROM:TO, without TO; counted within the split.")]
WorkersOption = Annotated[int, typer.Option("--workers", min=0, help="Processes; 0: one per CPU.")]


def register(app: typer.Typer) -> None:
    app.command("evaluate")(evaluate)


def evaluate(
    policy: PolicyOption = "random,reflex,keyword,playbook,oracle",
    family: FamilyOption = "all",
    seeds: SeedsOption = "0:100",
    split: SplitOption = None,
    difficulty: DifficultyOption = None,
    workers: WorkersOption = 0,
    output: OutputOption = Format.table,
) -> None:
    """Plays every policy on every family and seed, and prints a row for each policy and family."""
    from praetor.policies.registry import make_policy, policy_names
    from simcore.evaluation.play import evaluate as play_all
    from simcore.evaluation.play import split_of

    policies = chosen("--policy", policy, policy_names())
    wanted = seed_range(seeds)
    families = _families(family, split_of(wanted, split))
    length = len(policies) * len(families) * len(wanted)
    if length > MOST_EPISODES:
        raise BadInput(f"--seeds: {length} episodes are more than {MOST_EPISODES}; ask for fewer at a time")
    with typer.progressbar(length=length, label="episodes", file=sys.stderr) as bar:
        rows = play_all(
            policies,
            families,
            wanted,
            split=split,
            difficulty=difficulty_of(difficulty),
            workers=workers or os.cpu_count() or 1,
            on_progress=lambda played, _: bar.update(played - bar.pos),
            make_policy=make_policy,
        )
    _print([row.to_json() for row in rows], output)


def _print(rows: Sequence[dict[str, Any]], output: Format) -> None:
    show(list(rows), output, rows=[*map(_in_short, rows), *_together(rows)])


def _together(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """For people: each policy over all families that it was played on, if there are several."""
    from simcore.evaluation.counts import share, wilson_interval

    found = []
    for policy in dict.fromkeys(row["policy"] for row in rows):
        own = [row for row in rows if row["policy"] == policy]
        resolved, episodes = (sum(row[key] for row in own) for key in ("resolved", "episodes"))
        low, high = wilson_interval(resolved, episodes)
        whole = {"policy": policy, "family": f"all {len(own)}", "split": own[0]["split"]}
        whole |= {"resolved": f"{resolved}/{episodes}", "rate": share(resolved, episodes)}
        found.append(whole | {"95 % interval": f"{low:.3f}-{high:.3f}"})
    return found if len(found) < len(rows) else []


def _in_short(row: dict[str, Any]) -> dict[str, Any]:
    """A row that fits a terminal; `mitigated` leaves out what would have healed by itself."""
    return {
        "policy": row["policy"],
        "family": row["family"],
        "split": row["split"],
        "resolved": f"{row['resolved']}/{row['episodes']}",
        "rate": row["success_rate"],
        "95 % interval": f"{row['ci_low']:.3f}-{row['ci_high']:.3f}",
        "floor": row["floor"],
        "mitigated": f"{row['mitigated_not_self_healing']}/{row['episodes_not_self_healing']}",
        "reward": row["mean_reward"],
        "steps": row["mean_steps"],
        "minutes lost": row["mean_user_minutes_lost"],
    }


def _families(text: str, split: str) -> list[str]:
    """Of `all` those that have episodes in the split; one that is named is looked at where it is played."""
    import simcore

    names = simcore.scenario_names(split if text == ALL else None)
    return chosen("--family", text, [name.replace("-", "_") for name in names], everything=ALL)


def chosen(option: str, text: str, known: Sequence[str], *, everything: str = "") -> list[str]:
    """The names in a comma-separated list, each once, with hyphens or underscores."""
    if everything and text == everything:
        return list(known)
    names = list(dict.fromkeys(part.strip().replace("-", "_") for part in text.split(",")))
    return [one_of(option, name, known) for name in names]


def seed_range(text: str) -> range:
    """`0:200` as the seeds 0 to 199."""
    found = re.fullmatch(r"(\d{1,10}):(\d{1,10})", text)
    if found is None or int(found[1]) >= int(found[2]):
        raise BadInput(f"--seeds: {text!r} should be FROM:TO with FROM below TO, for example 0:200")
    return range(int(found[1]), int(found[2]))
