"""docs/reference/scenarios.md: its tables are the code's, and its examples can be played."""

import re
from pathlib import Path

import pytest

import simcore
from simcore.conversion.convert import converted
from simcore.conversion.tables import TABLES, written
from simcore.scenarios.documents import load_documents
from simcore.scenarios.load import load_scenario
from simcore.scenarios.remedies import PREDICATES
from simcore.scenarios.words import PREDICATES_IN_WORDS, ROLES_IN_WORDS, SETTINGS_IN_WORDS
from simcore.settings import BY_NAME
from simcore.topologies.roles import ROLES

PATH = Path(__file__).parents[3] / "docs" / "reference" / "scenarios.md"
TEXT = PATH.read_text()
SCENARIO, FLAT = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)


def test_the_tables_are_as_they_would_be_written_now():
    assert written(TEXT) == TEXT, f"run: python -m simcore.conversion.tables {PATH.relative_to(PATH.parents[2])}"


def test_every_table_is_in_the_reference_once():
    assert sorted(re.findall(r"<!-- table: (\w+) -->", TEXT)) == sorted(TABLES)


@pytest.mark.parametrize(
    ("words", "names"),
    [(ROLES_IN_WORDS, ROLES), (PREDICATES_IN_WORDS, PREDICATES), (SETTINGS_IN_WORDS, BY_NAME)],
    ids=["roles", "predicates", "settings"],
)
def test_everything_that_has_a_name_has_words_for_it(words, names):
    assert set(words) == set(names)


def test_the_example_is_a_scenario_that_can_be_played():
    scenario = load_scenario(SCENARIO)
    drawn = set()
    for seed in range(60):
        episode = simcore.make(scenario, seed=seed)
        assert episode.reset().payload.title.startswith("PagerDuty: ")
        drawn |= {cause.mechanism for cause in episode.verdict().truth or ()}
    assert drawn == {variant.mechanism for variant in scenario.spec.variants}


def test_the_flat_example_can_be_converted():
    done = converted(load_documents(FLAT)[0])
    assert done.manifest["metadata"]["name"] == "orders-out-of-memory"
    assert load_scenario(done.text).spec.log_lines == ["[FATAL] java.lang.OutOfMemoryError: Java heap space"]
    assert len(done.warnings) == 1, "the dropped keywords"
