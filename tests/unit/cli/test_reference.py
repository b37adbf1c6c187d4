"""docs/reference/cli.md tells every command and every option, and none that is not there."""

import re

import click
import pytest
import typer

from praetor.cli.main import app

ROOT = typer.main.get_command(app)
FORMS = {"--help", "--output", "--install-completion", "--show-completion"}


def commands(group: click.Group, prefix: str = "praetor") -> dict[str, click.Command]:
    found: dict[str, click.Command] = {}
    for name, command in group.commands.items():
        here = f"{prefix} {name}"
        found |= commands(command, here) if hasattr(command, "commands") else {here: command}
    return found


@pytest.fixture(scope="module")
def reference(pytestconfig) -> str:
    return (pytestconfig.rootpath / "docs/reference/cli.md").read_text()


@pytest.mark.parametrize("name", commands(ROOT))
def test_a_command_is_told_with_all_its_options(reference, name):
    top = " ".join(name.split()[:2])
    sections = [part for part in reference.split("\n## ") if f"`{top}" in part.splitlines()[0]]
    assert len(sections) == 1, name
    assert f"{name}`" in sections[0] or f"{name} " in sections[0]
    options = {option for given in commands(ROOT)[name].params for option in (*given.opts, *given.secondary_opts)}
    missing = {option for option in options - FORMS if option.startswith("--") and f"`{option}" not in sections[0]}
    assert missing == set()


def test_every_option_of_the_reference_exists(reference):
    known = {option for command in commands(ROOT).values() for given in command.params for option in given.opts}
    known |= {
        option for command in commands(ROOT).values() for given in command.params for option in given.secondary_opts
    }
    assert set(re.findall(r"`(--[a-z-]+)", reference)) <= known


def test_every_variable_of_the_options_is_told(reference):
    variables = {given.envvar for command in commands(ROOT).values() for given in command.params if given.envvar}
    assert {variable for variable in variables if f"`{variable}`" not in reference} == set()
