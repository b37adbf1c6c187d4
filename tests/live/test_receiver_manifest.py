"""What users are told to add to their alertmanager.yml is what a real Alertmanager takes."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

RECEIVER = Path(__file__).parents[2] / "manifests" / "alertmanager" / "receiver.yml"
AMTOOL = shutil.which("amtool")


@pytest.mark.skipif(AMTOOL is None, reason="no amtool here: apt-get install prometheus-alertmanager")
def test_the_receiver_is_a_valid_part_of_a_configuration(tmp_path: Path) -> None:
    snippet = yaml.safe_load(RECEIVER.read_text())
    snippet["receivers"].append({"name": "people"})
    snippet["route"]["receiver"] = "people"
    whole = tmp_path / "alertmanager.yml"
    whole.write_text(yaml.safe_dump(snippet))
    done = subprocess.run([AMTOOL, "check-config", str(whole)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
