"""Play an incident by hand: `python -m simcore oom_crash --seed 7`."""

import argparse
import contextlib
import sys

import simcore
from simcore.api import DIFFICULTIES
from simcore.episode import Episode
from simcore.errors import SimcoreError
from simcore.policies.cures import CureStep, cures
from simcore.results import Verdict
from simcore.typed import HELP, causes_text, checked, keys_text

_MARKS = {True: "x", False: " ", None: "?"}
_HELP = {"help": lambda: HELP, "help keys": keys_text, "help causes": causes_text}


def play(episode: Episode) -> None:
    """Reads actions from standard input until the episode ends or the input does."""
    print(episode.reset().text)
    print(f"\nYou are on call. Type help for what you can do; you have {episode.max_steps} steps.")
    while not episode.done:
        line = _typed()
        if line in (None, "quit", "exit"):
            break
        if line in _HELP:
            print(_HELP[line]())
        elif line:
            take(episode, line)
    print_ending(episode.verdict())


def _typed() -> str | None:
    """The next line; what comes from a file or a pipe is shown as if it were typed."""
    try:
        line = " ".join(input("> ").split())
    except EOFError:
        print()
        return None
    if not sys.stdin.isatty():
        print(line)
    return line


def take(episode: Episode, line: str) -> None:
    """A line that is no action costs nothing."""
    try:
        action = checked(line)
    except ValueError as problem:
        print(problem)
        return
    result = episode.step(action)
    print(f"{result.observation.text}\n  reward {result.reward:+.2f}")


def print_ending(verdict: Verdict) -> None:
    said = "resolved" if verdict.resolved else "mitigated" if verdict.mitigated else "not resolved"
    truth = ", ".join(f"{cause.mechanism} on {cause.service}" for cause in verdict.truth or ()) or "nothing"
    for mark in verdict.rubric:
        print(f"  [{_MARKS[mark.done]}] {mark.description}")
    for cause in verdict.truth or ():
        print(f"  {cause.mechanism} is put right by: {'; '.join(map(_in_words, cures()[cause.mechanism]))}")
    lost = f"{verdict.user_minutes_lost:.0f} user minutes lost"
    print(f"\n{said}: score {verdict.score:.2f}, {verdict.steps} steps, {lost}. What was broken: {truth}.")


def _in_words(step: CureStep) -> str:
    """`restart_service of the suspect, memory_limit double`."""
    given = {"version": step.to, "memory_limit": step.memory_limit, "replicas": step.replicas, step.key: step.value}
    told = [f"{name} {value}" for name, value in given.items() if name and value]
    return ", ".join([f"{step.do} of the {step.at}", *told]).replace("_", " ")


def _difficulty(text: str) -> float:
    return DIFFICULTIES[text] if text in DIFFICULTIES else float(text)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m simcore", description="Play an incident by hand.")
    parser.add_argument("scenario", nargs="?", default="oom_crash", help=", ".join(simcore.scenario_names()))
    parser.add_argument("--seed", type=int, default=0, help="which episode of it")
    parser.add_argument("--difficulty", type=_difficulty, default=0.5, help="0 to 1, or easy, medium, hard")
    parser.add_argument("--split", help="the seed counts inside this range: train, validation or test")
    given = parser.parse_args()
    with contextlib.suppress(ImportError):
        import readline  # noqa: F401  (lines can be edited, and called back)
    try:
        episode = simcore.make(given.scenario, seed=given.seed, difficulty=given.difficulty, split=given.split)
    except SimcoreError as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    play(episode)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
