"""The webhook sources that are understood, by the name in the path."""

import os
from collections.abc import Mapping
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import StringConstraints, TypeAdapter, ValidationError

from praetor.alerts import alertmanager, generic, grafana, pagerduty
from praetor.alerts.mapping import Mapped
from praetor.alerts.secrets import secret_of
from praetor.alerts.signatures import GRAFANA, PAGERDUTY, STANDARD
from praetor.alerts.source import TRY_LATER, Source
from simcore.errors import SimcoreError

CONFIGURATION_VARIABLE = "PRAETOR_WEBHOOK_SOURCES"
PAGERDUTY_VARIABLE = "PRAETOR_PAGERDUTY_SECRET"
GRAFANA_VARIABLE = "PRAETOR_GRAFANA_SECRET"
GENERIC_VARIABLE = "PRAETOR_STANDARD_WEBHOOKS_SECRET"
_Name = Annotated[str, StringConstraints(pattern=r"^[a-z]([-a-z0-9]{0,28}[a-z0-9])?$")]
_CONFIGURATION: TypeAdapter[dict[str, Mapped]] = TypeAdapter(dict[_Name, Mapped])

Sources = Mapping[str, Source]


class SourcesError(SimcoreError):
    """The configuration of sources cannot be used: which file, where in it, and what is expected."""


def sources_of(environ: Mapping[str, str] = os.environ) -> Sources:
    """All sources with the secrets of `environ`. Raises SourcesError and SecretError."""
    built_in = _built_in(environ)
    path = environ.get(CONFIGURATION_VARIABLE, "")
    own = mapped_sources(_read_file(path), path, environ) if path else {}
    if taken := sorted(own.keys() & built_in.keys()):
        raise SourcesError(f"{path}: {taken[0]}: this source is built in; choose another name")
    return built_in | presets(environ) | own


def presets(environ: Mapping[str, str] = os.environ) -> dict[str, Source]:
    text = files("praetor.alerts").joinpath("presets.yaml").read_text(encoding="utf-8")
    return mapped_sources(yaml.safe_load(text), "presets.yaml", environ)


def mapped_sources(value: object, path: str, environ: Mapping[str, str]) -> dict[str, Source]:
    """Raises SourcesError, and SecretError for a secret that is named and cannot be had."""
    try:
        found = _CONFIGURATION.validate_python(value)
        return {name: _mapped_source(name, mapped, environ) for name, mapped in found.items()}
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"] if part != "[key]")
        raise SourcesError(f"{path}: {where}: {first['msg']}") from None
    except ValueError as problem:
        raise SourcesError(f"{path}: {problem}") from None


def _built_in(environ: Mapping[str, str]) -> dict[str, Source]:
    # Prometheus sends through Alertmanager; `prometheus` is a second name of the path, the runs are Alertmanager's.
    read = alertmanager.read
    found = (
        Source("alertmanager", "Alertmanager, webhook version 4", read, busy_status=TRY_LATER),
        Source("prometheus", "Prometheus by its Alertmanager: the same as alertmanager", read, busy_status=TRY_LATER),
        Source(
            "pagerduty", "PagerDuty, webhooks v3", pagerduty.read, PAGERDUTY, secret_of(PAGERDUTY_VARIABLE, environ)
        ),
        Source("grafana", "Grafana alerting", grafana.read, GRAFANA, secret_of(GRAFANA_VARIABLE, environ)),
        Source(
            "generic",
            "minimal JSON, bare, as Standard Webhooks or as CloudEvents",
            generic.read,
            STANDARD,
            secret_of(GENERIC_VARIABLE, environ),
        ),
    )
    return {source.name: source for source in found}


def _mapped_source(name: str, mapped: Mapped, environ: Mapping[str, str]) -> Source:
    scheme = mapped.signature.to_scheme() if mapped.signature else None
    secret = secret_of(mapped.signature.secret_variable, environ) if mapped.signature else None
    return Source(name, mapped.summary or name, partial(mapped.read, name), scheme, secret, mapped.busy_status)


def _read_file(path: str) -> Any:
    try:
        return yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError as problem:
        raise SourcesError(f"{CONFIGURATION_VARIABLE}: {path}: {problem.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as problem:
        raise SourcesError(f"{path}: not YAML: {problem}") from None
