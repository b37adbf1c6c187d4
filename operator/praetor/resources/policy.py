"""Who decides in a run, and for a language model: where it is, and what a run with it may cost."""

from typing import Literal, Self

from pydantic import ConfigDict, Field, JsonValue, model_validator

from praetor.resources.rules import VALIDATIONS, rule
from praetor.resources.wire import Wire

LANGUAGE_MODEL = "llm"
_OF_A_MODEL = ("model", "endpoint", "serviceRef", "secretRef", "budget", "temperature")


class KeySecretRef(Wire):
    """A key of a Secret of the run's namespace. If the Secret has `endpoint` too, its key is sent nowhere else."""

    name: str = Field(min_length=1, max_length=253, description="The Secret's name.")
    key: str = Field("token", min_length=1, max_length=253, description="The key whose value is the API's key.")


class ModelServiceRef(Wire):
    """A Service of the run's namespace, which needs no exemption to be dialled."""

    name: str = Field(min_length=1, max_length=63, description="The Service's name.")
    port: int = Field(80, ge=1, le=65535, description="The Service's port.")
    scheme: Literal["http", "https"] = Field("http", description="How it speaks.")
    path: str = Field(
        "/v1", max_length=200, pattern=r"^(/[A-Za-z0-9._~-]+)*/?$", description="The API's base below it."
    )


class ModelPrices(Wire):
    """What the endpoint takes, in dollars for a million tokens."""

    prompt: float = Field(ge=0, le=10_000, description="For what is sent.")
    completion: float = Field(ge=0, le=10_000, description="For what comes back.")


class ModelBudget(Wire):
    """What one run may cost, all its attempts together."""

    model_config = ConfigDict(
        json_schema_extra={
            VALIDATIONS: [dict(rule("!has(self.maxDollars) || has(self.prices)", "maxDollars needs prices"))]
        }
    )

    max_tokens: int = Field(
        400_000, ge=1, le=1_000_000_000, description="Tokens, those sent and those that come back together."
    )
    max_dollars: float | None = Field(None, gt=0, le=100_000, description="Dollars; it needs `prices`.")
    prices: ModelPrices | None = Field(None, description="What tokens cost.")

    @model_validator(mode="after")
    def _priced(self) -> Self:
        if self.max_dollars is not None and self.prices is None:
            raise ValueError("maxDollars needs prices: without them nobody knows what was spent")
        return self


def _rules() -> list[JsonValue]:
    fields = " || ".join(f"has(self.{name})" for name in _OF_A_MODEL)
    rules = [
        rule(f"self.name == '{LANGUAGE_MODEL}' || !({fields})", f"{', '.join(_OF_A_MODEL)} are of the policy llm"),
        rule("!(has(self.endpoint) && has(self.serviceRef))", "endpoint and serviceRef exclude each other"),
        rule("has(self.model) || !(has(self.endpoint) || has(self.serviceRef))", "an endpoint needs the model's name"),
    ]
    return [dict(each) for each in rules]


class PolicyRef(Wire):
    """Who decides. All but the name are of the policy `llm`; without an endpoint its environment names the model."""

    model_config = ConfigDict(json_schema_extra={VALIDATIONS: _rules()})

    name: str = Field(
        "playbook",
        min_length=1,
        max_length=63,
        pattern=r"^[a-z0-9]([-_a-z0-9]*[a-z0-9])?$",
        description="The policy's name; `praetor policy list` shows those there are.",
    )
    model: str | None = Field(None, min_length=1, max_length=200, description="The model, as its endpoint calls it.")
    endpoint: str | None = Field(
        None, min_length=8, max_length=2000, pattern=r"^https?://[^\s@?#]+$",
        description="The base of an API that has OpenAI's chat completions with tool calls.",
    )  # fmt: skip
    service_ref: ModelServiceRef | None = Field(None, description="The same, of a Service of the run's namespace.")
    secret_ref: KeySecretRef | None = Field(None, description="The API's key, if it wants one.")
    budget: ModelBudget | None = Field(None, description="What the run may cost; default: 400,000 tokens.")
    temperature: float | None = Field(None, ge=0, le=2, description="Default: the endpoint's own.")

    @model_validator(mode="after")
    def _of_a_model(self) -> Self:
        given = {name for name in _OF_A_MODEL if self._wire_value(name) is not None}
        if given and self.name != LANGUAGE_MODEL:
            raise ValueError(f"{', '.join(sorted(given))}: of the policy llm, not of {self.name}")
        if {"endpoint", "serviceRef"} <= given:
            raise ValueError("endpoint and serviceRef exclude each other")
        if given & {"endpoint", "serviceRef"} and "model" not in given:
            raise ValueError("an endpoint needs the model's name")
        return self

    def _wire_value(self, alias: str) -> object:
        return {field.alias: getattr(self, name) for name, field in type(self).model_fields.items()}[alias]
