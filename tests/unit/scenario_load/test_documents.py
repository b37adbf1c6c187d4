"""YAML as kubectl reads it: lines are known, duplicates and bombs are refused."""

import pytest

from simcore.errors import ScenarioError
from simcore.scenarios.documents import LIMIT_BYTES, dotted, load_documents

TWO = """\
a: 1
b:
  - c: x
  - c: [y, z]
---
# nothing here
---
d: 2026-01-31T12:00:00Z
"""


def refusal(text: str) -> str:
    with pytest.raises(ScenarioError) as caught:
        load_documents(text, file="f.yaml")
    return str(caught.value)


def test_documents_are_plain_data_and_empty_ones_are_skipped():
    first, second = load_documents(TWO)
    assert first.data == {"a": 1, "b": [{"c": "x"}, {"c": ["y", "z"]}]}
    assert second.data == {"d": "2026-01-31T12:00:00Z"}


def test_every_value_has_its_line_across_documents():
    first, second = load_documents(TWO)
    assert [first.line_of(path) for path in [("a",), ("b",), ("b", 0, "c"), ("b", 1, "c", 1)]] == [1, 2, 3, 4]
    assert second.line_of(("d",)) == 8


def test_a_missing_value_has_the_line_of_its_nearest_parent():
    first, _ = load_documents(TWO)
    assert first.line_of(("b", 1, "missing", "deeper")) == 4


def test_paths_are_written_as_kubernetes_does():
    assert dotted(("spec", "variants", 0, "targets", 2)) == "spec.variants[0].targets[2]"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3\n", "f.yaml:3: a: given twice"),
        ("a:\n  b: 1\n  b: 2\n", "f.yaml:3: a.b: given twice"),
        ("a: [1,\nb: 2\n", "f.yaml:3: not YAML: while parsing a flow sequence"),
        ("a: b\n\tc: d\n", "f.yaml:2: not YAML: while scanning"),
        ("- 1\n", "f.yaml:1: expected a mapping of fields"),
        ("a: 1\n1: 2\n", "f.yaml:2: a field's name must be text; put it in quotes"),
        ("a: &x {b: 1}\nc:\n  <<: *x\n", "f.yaml:3: c: merge keys (<<) are not supported"),
        (
            "a: !!python/object:os.system x\n",
            "f.yaml:1: a: the tag tag:yaml.org,2002:python/object:os.system",
        ),
        ("a: !!binary aGk=\n", "f.yaml:1: a: the tag tag:yaml.org,2002:binary is not supported"),
        ("a: .nan\n", "f.yaml:1: a: expected a finite number"),
        ("a: !!int x\n", "f.yaml:1: a: 'x' cannot be read as a value"),
        ("a: &x [*x]\n", "f.yaml:1: "),
        ("a: *nobody\n", "f.yaml:1: not YAML: found undefined alias 'nobody'"),
        ("a: \x07\n", "f.yaml: not YAML: unacceptable character"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(text, expected):
    assert refusal(text).startswith(expected)


def test_an_anchor_bomb_is_refused_before_it_is_built():
    levels = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]\n" for n in range(1, 10))
    assert "more than 20000 values, aliases written out" in refusal(f"l0: &l0 [x]\n{levels}")


@pytest.mark.parametrize("depth", [60, 20_000])
def test_deep_nesting_is_refused(depth):
    assert "nested deeper than 40 levels" in refusal("a: " + "[" * depth + "]" * depth)


def test_a_file_that_is_too_large_is_refused(tmp_path):
    path = tmp_path / "large.yaml"
    path.write_text("a: " + "x" * LIMIT_BYTES)
    with pytest.raises(ScenarioError, match=r"large\.yaml: larger than 256 KiB"):
        load_documents(path)


@pytest.mark.parametrize(
    ("content", "expected"), [(None, "No such file or directory"), (b"a: \xff\n", "not UTF-8 text")]
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path, content, expected):
    path = tmp_path / "x.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ScenarioError, match=expected):
        load_documents(path)
