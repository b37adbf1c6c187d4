"""TRL's GRPOTrainer over our incidents: two steps of a tiny model made in memory. Needs the extra `train`."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="torch is not installed: pip install 'praetor[train]'")
pytest.importorskip("trl", reason="trl is not installed: pip install 'praetor[train]'")
os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"  # environment_factory may change there; the pin in pyproject knows
os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from datasets import Dataset
from transformers.utils import get_json_schema
from trl import GRPOConfig, GRPOTrainer

import simcore
from praetor.openenv.trl.rows import INSTRUCTIONS, incident_rows
from praetor.openenv.trl.served import served
from praetor.openenv.trl.simulated import SimulatedIncident
from simcore.actions import ACTION_TYPES
from tests.support.openenv_service import openenv_service
from tests.support.tiny_model import all_but, call, tiny_model, tiny_tokenizer

# transformers warns of what TRL sets:
pytestmark = pytest.mark.filterwarnings("ignore:.*gradient_checkpointing:FutureWarning")
TASK = {"task_id": "oom-crash", "seed": 1}
STEPS, GENERATIONS = 2, 4


@pytest.fixture
def service() -> Iterator[str]:
    with openenv_service() as url:
        yield url


def schemas() -> list[dict[str, Any]]:
    environment = SimulatedIncident()
    return [get_json_schema(getattr(environment, name)) for name in ACTION_TYPES]


def test_the_tools_as_the_model_reads_them_are_the_ten_actions_with_every_argument_described() -> None:
    functions = [each["function"] for each in schemas()]
    assert [each["name"] for each in functions] == list(ACTION_TYPES)
    for each in functions:
        assert len(each["description"]) > 20
        for name, argument in each["parameters"]["properties"].items():
            assert argument["description"], f"{each['name']}.{name}"
            assert "type" in argument, f"{each['name']}.{name}"
    command = functions[4]["parameters"]
    assert command["properties"]["command"]["enum"][0] == "check_connectivity"
    assert command["required"] == ["target_service", "command"]


def calls() -> list[str]:
    """Reads of services that there are, which pay a little, and an action that is malformed, which must be survived."""
    services = [service.name for service in simcore.make("oom-crash", seed=1).snapshot().services][:3]
    reads = [call(name, target_service=each) for name in ("read_logs", "check_metrics") for each in services]
    return [*reads, call("list_services"), call("scale_service", target_service=services[0], replicas=1000)]


def trained(environment_factory: Any, folder: Path) -> tuple[GRPOTrainer, dict[str, torch.Tensor]]:
    torch.manual_seed(0)
    page = SimulatedIncident().reset(**TASK)
    tokenizer = tiny_tokenizer(calls(), [INSTRUCTIONS, str(schemas()), page])
    arguments = GRPOConfig(
        output_dir=str(folder), max_steps=STEPS, per_device_train_batch_size=GENERATIONS,
        num_generations=GENERATIONS, max_completion_length=2000, max_tool_calling_iterations=2, learning_rate=1e-2,
        logging_steps=1, save_strategy="no", report_to="none", use_cpu=True, bf16=False, disable_tqdm=True,
        gradient_checkpointing=False,
        generation_kwargs={"suppress_tokens": all_but(tokenizer, [*calls(), "<|im_end|>"])},
    )  # fmt: skip
    trainer = GRPOTrainer(
        model=tiny_model(tokenizer),
        args=arguments,
        train_dataset=Dataset.from_list(incident_rows([1] * STEPS, task_ids=["oom-crash"])),
        processing_class=tokenizer,
        environment_factory=environment_factory,
    )
    before = {name: value.detach().clone() for name, value in trainer.model.named_parameters()}
    trainer.train()
    return trainer, before


def check(trainer: GRPOTrainer, before: dict[str, torch.Tensor]) -> None:
    """It took its steps, called tools, was rewarded by the environment, and learned something from it."""
    assert trainer.state.global_step == STEPS
    logged = [entry for entry in trainer.state.log_history if "reward" in entry]
    assert len(logged) == STEPS
    assert any(entry["tools/call_frequency"] > 0 for entry in logged)
    assert all(0.0 <= entry["reward"] <= 1.0 for entry in logged)
    assert any(entry["reward_std"] > 0 for entry in logged), "the generations of a group differ in what they earned"
    assert any(not torch.equal(before[name], value) for name, value in trainer.model.named_parameters())


def test_two_steps_of_grpo_in_process(tmp_path: Path) -> None:
    check(*trained(SimulatedIncident, tmp_path))


def test_two_steps_of_grpo_against_the_service(tmp_path: Path, service: str) -> None:
    check(*trained(served(service), tmp_path))
