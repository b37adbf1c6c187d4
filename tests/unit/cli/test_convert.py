"""`praetor scenario convert`: manifests on stdout, what changed on stderr, and all or nothing."""

from pathlib import Path

import yaml

FLAT = Path(__file__).parents[2] / "data" / "scenarios"
EXAMPLES = sorted(FLAT.glob("*-flat.yaml"))


def test_several_files_become_documents_that_lint_accepts(call, tmp_path):
    result = call("scenario", "convert", *EXAMPLES)
    names = [document["metadata"]["name"] for document in yaml.safe_load_all(result.stdout)]
    assert names == ["dns-failure-flat", "rate-limit-exhaustion-flat"]
    warnings = result.stderr.splitlines()
    assert warnings[0].startswith(f"warning: {EXAMPLES[0]}:9: root_cause_keywords: dropped")
    (tmp_path / "converted.yaml").write_text(result.stdout)
    assert call("scenario", "lint", tmp_path / "converted.yaml").stdout == ""


def test_several_documents_may_come_from_stdin(call):
    text = "---\n".join(path.read_text() for path in EXAMPLES)
    result = call("scenario", "convert", "-", input=text)
    assert len(list(yaml.safe_load_all(result.stdout))) == 2
    assert "warning: <stdin>:" in result.stderr


def test_as_json_one_is_an_object_and_several_are_a_list(json_of):
    assert json_of("scenario", "convert", EXAMPLES[0])["kind"] == "IncidentScenario"
    assert [one["kind"] for one in json_of("scenario", "convert", *EXAMPLES)] == ["IncidentScenario"] * 2


def test_one_that_is_refused_means_that_nothing_is_printed(call, tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text(EXAMPLES[0].read_text().replace("restart_service", "scale_service").replace("18", "1"))
    refused = call("scenario", "convert", EXAMPLES[1], bad, code=2)
    assert refused.stdout == ""
    assert refused.stderr.startswith(f"{bad}:6: max_steps: should be greater than or equal to 5, not 1\n")


def test_what_the_correct_action_does_not_resolve_is_refused_with_the_reason(call, tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text(EXAMPLES[0].read_text().replace("{action_type: restart_service,", "{action_type: scale_service,"))
    refused = call("scenario", "convert", bad, code=2)
    assert f"{bad}:10: correct_action: scale_service on api-gateway does not resolve dns_broken" in refused.stderr


def test_a_file_with_nothing_in_it_is_refused(call, tmp_path):
    (tmp_path / "empty.yaml").write_text("# nothing\n")
    assert "expected scenarios in the flat form" in call("scenario", "convert", tmp_path / "empty.yaml", code=2).stderr
    assert "cannot be read" in call("scenario", "convert", tmp_path / "missing.yaml", code=2).stderr
