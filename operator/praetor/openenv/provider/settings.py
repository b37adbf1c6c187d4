"""How an environment's pod is to run. The defaults meet Pod Security "restricted"."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

HOME = "HOME"


@dataclass(frozen=True, slots=True)
class PodSettings:
    """Quantities as Kubernetes writes them. A field that is None is left to the cluster.

    `command` and `args` take the place of the image's. `secret_env` maps a variable to "SECRET/KEY" of the same
    namespace. `writable_paths` are empty directories of at most `scratch_limit` each, for a root that is read-only.
    After `active_deadline_seconds` the cluster ends the pod, whatever became of us.
    """

    cpu_request: str = "100m"
    cpu_limit: str | None = "1"
    memory_request: str = "256Mi"
    memory_limit: str = "1Gi"
    scratch_limit: str = "256Mi"
    command: Sequence[str] | None = None
    args: Sequence[str] | None = None
    user_id: int = 65532
    read_only_root: bool = True
    writable_paths: Sequence[str] = ("/tmp",)  # noqa: S108 - a path inside the container, which is its own
    active_deadline_seconds: int | None = 6 * 3600
    grace_period_seconds: int = 5
    secret_env: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    node_selector: Mapping[str, str] = field(default_factory=dict)
    tolerations: Sequence[Mapping[str, Any]] = ()
    image_pull_policy: str | None = None
    image_pull_secrets: Sequence[str] = ()
    runtime_class_name: str | None = None

    def __post_init__(self) -> None:
        for name in ("command", "args", "writable_paths", "image_pull_secrets"):
            if isinstance(getattr(self, name), str):
                raise ValueError(f"{name} {getattr(self, name)!r} is one text; a list of texts was expected")
        if self.user_id <= 0:
            raise ValueError(f"user_id {self.user_id}: environments do not run as root; expected 1 or more")
        for variable, source in self.secret_env.items():
            if source.count("/") != 1:
                raise ValueError(f"secret_env[{variable!r}] is {source!r}; expected SECRET/KEY")

    def but(self, options: Mapping[str, Any]) -> "PodSettings":
        """With some of them changed. Raises ValueError that lists those that there are."""
        known = [each.name for each in fields(self)]
        if unknown := sorted(set(options) - set(known)):
            raise ValueError(f"unknown option {', '.join(unknown)}; there are {', '.join(known)}")
        return replace(self, **options)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to start: two that are equal can stand in for each other, so a pod kept warm for one serves the other."""

    image: str
    port: int = 8000
    env_vars: Mapping[str, str] = field(default_factory=dict)
    settings: PodSettings = field(default_factory=PodSettings)
    token_variable: str | None = None
