"""Play an incident by hand: `python -m simcore oom_crash --seed 7`.

A line is an action: its type (a unique beginning is enough), a service, and parameters as key=value.
"""

import argparse
import sys
from typing import Any

import simcore
from simcore.actions import ACTION_TYPES
from simcore.episode import Episode
from simcore.errors import SimcoreError

HELP = """\
  list                                  describe SERVICE
  logs SERVICE [lines=20] [severity=WARN]      metrics SERVICE [window=60]
  run SERVICE command=check_resources|check_health|check_connectivity|check_dns
  restart SERVICE [memory_limit=1024Mi]  scale SERVICE replicas=3
  rollback SERVICE to_version=v2.3.1     update SERVICE key=db.pool.max_size value=50
  resolve SERVICE=MECHANISM ...          (no cause: nothing is broken)      quit"""
_SHORT = {"logs": "read_logs", "metrics": "check_metrics"}


def parse_line(line: str) -> dict[str, Any]:
    """An action in its wire form. Raises ValueError that says what was not understood."""
    words = line.split()
    action_type = _action_type(words[0])
    pairs = dict(word.split("=", 1) for word in words[1:] if "=" in word)
    names = [word for word in words[1:] if "=" not in word]
    if action_type == "resolve_incident":
        causes = [{"service": service, "mechanism": mechanism} for service, mechanism in pairs.items()]
        return {"action_type": action_type, "parameters": {"causes": causes}}
    numbers = {key: int(value) if value.isdigit() and key != "value" else value for key, value in pairs.items()}
    return {"action_type": action_type, "target_service": names[0] if names else None, "parameters": numbers}


def _action_type(word: str) -> str:
    if word in _SHORT:
        return _SHORT[word]
    found = [name for name in ACTION_TYPES if name.startswith(word)]
    if len(found) != 1:
        raise ValueError(f"{word!r} is no action; type help")
    return found[0]


def play(episode: Episode) -> None:
    """Reads actions from standard input until the episode ends or the input does."""
    print(episode.reset().text)
    print(f"\nType help for the actions. You have {episode.max_steps} steps.")
    while not episode.done:
        try:
            line = input("> ").strip()
        except EOFError:
            break
        if line in ("quit", "exit"):
            break
        if line == "help":
            print(HELP)
        elif line:
            take(episode, line)
    print_ending(episode)


def take(episode: Episode, line: str) -> None:
    try:
        result = episode.step(parse_line(line))
    except ValueError as problem:
        print(problem)
        return
    print(f"{result.observation.text}\n  reward {result.reward:+.2f}")


def print_ending(episode: Episode) -> None:
    verdict = episode.verdict()
    truth = ", ".join(f"{cause.mechanism} on {cause.service}" for cause in verdict.truth or ()) or "nothing"
    said = "resolved" if verdict.resolved else "mitigated" if verdict.mitigated else "not resolved"
    lost = f"{verdict.user_minutes_lost:.0f} user minutes lost"
    print(f"\n{said}: score {verdict.score:.2f}, {verdict.steps} steps, {lost}. What was broken: {truth}.")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m simcore", description="Play an incident by hand.")
    parser.add_argument("scenario", nargs="?", default="oom_crash", help=", ".join(simcore.scenario_names()))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--difficulty", type=float, default=0.5)
    given = parser.parse_args()
    try:
        episode = simcore.make(given.scenario, seed=given.seed, difficulty=given.difficulty)
    except SimcoreError as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    play(episode)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
