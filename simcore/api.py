"""What `import simcore` offers: episodes, batches, policies and the names of what there is."""

from collections.abc import Iterable
from typing import Literal

from simcore.batch import Batch
from simcore.decision import Policy
from simcore.episode import Episode
from simcore.errors import ScenarioError, SimcoreError, UnknownNameError
from simcore.policies.registry import make_policy as _make_policy
from simcore.scenarios.library import library_names, library_scenario
from simcore.scenarios.spec import ScenarioDocument, ScenarioSpec
from simcore.topologies.pools import SPLIT_SIZE

Split = Literal["train", "validation", "test"]
SPLITS: dict[str, int] = {"train": 0, "validation": SPLIT_SIZE, "test": 2 * SPLIT_SIZE}
DIFFICULTIES = {"easy": 0.2, "medium": 0.5, "hard": 0.8}


def absolute_seed(seed: int, split: str | None) -> int:
    """With a split, the seed counts inside its range (and wraps around in it); without one it is taken as it is."""
    if split is None:
        return seed
    if split not in SPLITS:
        raise UnknownNameError(f"there is no split {split!r}; there are {', '.join(SPLITS)}")
    return SPLITS[split] + seed % SPLIT_SIZE


def make(
    scenario: str | ScenarioSpec | ScenarioDocument,
    *,
    seed: int,
    difficulty: float = 0.5,
    split: str | None = None,
    max_steps: int | None = None,
) -> Episode:
    """An episode, ready to be reset. A bare spec is called as its family is.

    Raises UnknownNameError for a name that does not exist or has no episodes in the split, ScenarioError for what
    cannot be played."""
    document = _document(scenario)
    check_split(document, split)
    return _episode(document, absolute_seed(seed, split), difficulty, max_steps)


def make_batch(
    scenario: str | ScenarioSpec | ScenarioDocument,
    seeds: Iterable[int],
    difficulty: float = 0.5,
    split: str | None = None,
) -> Batch:
    """Episodes of one scenario, one for each seed, stepped together."""
    document = _document(scenario)
    check_split(document, split)
    return Batch([_episode(document, absolute_seed(seed, split), difficulty) for seed in seeds])


def make_policy(name: str, seed: int = 0, episode: Episode | None = None) -> Policy:
    """A reference policy, fresh for one episode; `episode` is for those that read it, as floors and oracle do.

    Raises UnknownNameError that lists the names, SimcoreError where an episode is needed and not given."""
    return _make_policy(name, seed, episode)


def scenario_names(split: str | None = None) -> list[str]:
    """Names of the library's scenarios, of a split those that have episodes in it: all but the held-out ones, which
    are in `test` alone."""
    absolute_seed(0, split)
    return [name for name in library_names() if split in (None, "test") or not library_scenario(name).spec.held_out]


def check_split(scenario: ScenarioDocument, split: str | None) -> None:
    """Raises UnknownNameError for a held-out scenario in a split that is for training or tuning. By an absolute seed,
    without a split, every scenario can be played: nobody trains on that by mistake."""
    absolute_seed(0, split)
    if split not in (None, "test") and scenario.spec.held_out:
        mechanism = scenario.spec.variants[0].mechanism
        raise UnknownNameError(
            f"scenario {scenario.name!r} has no episodes in split '{split}': its mechanism {mechanism} is held out; "
            "ask for split 'test', or without a split for an absolute seed"
        )


def _episode(document: ScenarioDocument, seed: int, difficulty: float, max_steps: int | None = None) -> Episode:
    try:
        return Episode(document, seed, difficulty, max_steps)
    except SimcoreError:
        raise
    except (ArithmeticError, LookupError, ValueError) as problem:
        what = f"scenario {document.name!r}, seed {seed}: cannot be drawn: {type(problem).__name__}: {problem}"
        raise ScenarioError(what) from problem


def _document(scenario: str | ScenarioSpec | ScenarioDocument) -> ScenarioDocument:
    if isinstance(scenario, str):
        return library_scenario(scenario)
    if isinstance(scenario, ScenarioSpec):
        return ScenarioDocument(name=scenario.family.replace("_", "-"), spec=scenario)
    return scenario
