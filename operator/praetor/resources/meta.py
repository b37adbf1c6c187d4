"""The API group, and the part of `metadata` that Praetor reads."""

from collections.abc import Callable
from typing import Final

from pydantic import ConfigDict, Field

from praetor.resources.wire import Time, Wire

GROUP = "praetor.dev"
VERSION = "v1alpha1"
API_VERSION: Final = "praetor.dev/v1alpha1"
CATEGORY = "praetor"
LONGEST_RUN_NAME = 52
"""An Indexed Job of 2,000 shards named after a run must fit into 63 characters with its pods' suffixes."""
LONGEST_OBJECT_NAME = 63


class OwnerReference(Wire):
    """Who an object belongs to; it is deleted with its owner."""

    api_version: str
    kind: str
    name: str
    uid: str
    controller: bool | None = None
    block_owner_deletion: bool | None = None


class ObjectMeta(Wire):
    """Kubernetes' object metadata. What is not listed here belongs to the API server and is skipped."""

    model_config = ConfigDict(extra="ignore")

    name: str
    namespace: str | None = None
    uid: str | None = None
    resource_version: str | None = None
    generation: int | None = None
    creation_timestamp: Time | None = None
    deletion_timestamp: Time | None = None
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)
    owner_references: list[OwnerReference] = Field(default_factory=list)
    finalizers: list[str] = Field(default_factory=list)


def name_within(limit: int, *, dots: bool = True) -> Callable[[ObjectMeta], ObjectMeta]:
    """A check of `metadata` for stores that have no API server: the root rules of the kind, in Python."""

    def check(metadata: ObjectMeta) -> ObjectMeta:
        if len(metadata.name) > limit:
            raise ValueError(f"name has {len(metadata.name)} characters, at most {limit} are allowed")
        if not dots and "." in metadata.name:
            raise ValueError(f"name {metadata.name!r} has a dot, none is allowed")
        return metadata

    return check
