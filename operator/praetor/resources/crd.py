"""Writes the CustomResourceDefinitions and the admission policy: `python -m praetor.resources.crd DIRECTORY...`
(`make crds`)."""

import sys
from pathlib import Path
from typing import Any

import yaml

from praetor.resources.approvals import admission_binding, admission_policy
from praetor.resources.kinds import KINDS, Kind
from praetor.resources.meta import CATEGORY, GROUP, VERSION
from praetor.resources.rules import VALIDATIONS, immutable
from praetor.resources.schema import Schema, structural_schema

HEADER = "# Generated from praetor.resources by `make crds`; changes made here are lost.\n"
_API_VERSION = "The version of this representation of the object, for example `praetor.dev/v1alpha1`."
_KIND = "The kind of object that this is, in CamelCase."


def definition(kind: Kind) -> dict[str, Any]:
    """The whole CustomResourceDefinition of a kind."""
    name = kind.name
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.plural}.{GROUP}", "labels": {"app.kubernetes.io/part-of": "praetor"}},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": name,
                "listKind": f"{name}List",
                "plural": kind.plural,
                "singular": name.lower(),
                "shortNames": [kind.short_name],
                "categories": [CATEGORY],
            },
            "versions": [_version(kind)],
        },
    }


def _version(kind: Kind) -> dict[str, Any]:
    return {
        "name": VERSION,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "additionalPrinterColumns": [dict(column) for column in kind.columns],
        "schema": {"openAPIV3Schema": _root_schema(kind)},
    }


def _root_schema(kind: Kind) -> Schema:
    """The model's schema, but `metadata` is the API server's own."""
    model = structural_schema(kind.model)
    fields = {"spec": _spec_schema(kind, model), "status": _without_default(model["properties"]["status"])}
    head = {
        "apiVersion": {"type": "string", "description": _API_VERSION},
        "kind": {"type": "string", "description": _KIND},
        "metadata": {"type": "object"},
    }
    return {
        "type": "object",
        "description": model["description"],
        "required": [name for name in model["required"] if name in fields],
        "properties": head | fields,
        VALIDATIONS: [dict(rule) for rule in kind.root_rules],
    }


def _spec_schema(kind: Kind, model: Schema) -> Schema:
    spec = _without_default(model["properties"]["spec"])
    if kind.mutable_fields is not None:
        fixed = [name for name in spec["properties"] if name not in kind.mutable_fields]
        spec[VALIDATIONS] = [*spec.get(VALIDATIONS, []), *immutable(fixed)]
    for name, key in kind.list_map_keys:
        extra = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [key]}
        spec["properties"][name] = spec["properties"][name] | extra
    return spec


def _without_default(schema: Schema) -> Schema:
    """Nobody wants a status on an object that no operator has seen."""
    return {keyword: value for keyword, value in schema.items() if keyword != "default"}


class _Dumper(yaml.SafeDumper):
    """Writes equal parts out instead of linking them with anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def file_name(kind: Kind) -> str:
    return f"{GROUP}_{kind.plural}.yaml"


def render(kind: Kind) -> str:
    """The file of a kind, ready for `kubectl apply`."""
    return _as_text(definition(kind))


def rendered() -> dict[str, str]:
    """All files, by their names."""
    return {file_name(kind): render(kind) for kind in KINDS} | {
        f"{GROUP}_approvals-policy.yaml": _as_text(admission_policy()),
        f"{GROUP}_approvals-binding.yaml": _as_text(admission_binding()),
    }


def _as_text(manifest: dict[str, Any]) -> str:
    return HEADER + yaml.dump(manifest, Dumper=_Dumper, sort_keys=False, width=110, allow_unicode=True)


def main(directories: list[str]) -> int:
    if not directories:
        print("usage: python -m praetor.resources.crd DIRECTORY...", file=sys.stderr)  # noqa: T201
        return 2
    for directory in map(Path, directories):
        directory.mkdir(parents=True, exist_ok=True)
        for name, text in rendered().items():
            (directory / name).write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
