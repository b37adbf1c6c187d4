"""How a process of the site is started: a module of this package, told by its environment what it is to be."""

import json
import os
import signal
import sys
from dataclasses import asdict, dataclass
from typing import Any, Self

from praetor.sites.demo.process import SETUP_VARIABLE

_KEPT_VARIABLES = ("PATH", "PYTHONPATH", "LANG", "TZ")


@dataclass(frozen=True, slots=True)
class Command:
    """`listens`: it gets the listening socket of the place where it runs, as `listening` of its setup."""

    module: str
    setup: dict[str, Any]
    listens: bool = False
    stop: signal.Signals = signal.SIGTERM

    def arguments(self) -> list[str]:
        return [sys.executable, "-m", self.module]

    def environment(self, **more: Any) -> dict[str, str]:
        """Secrets go by the environment: arguments can be read by everybody on a machine."""
        kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
        wanted = json.dumps(self.setup | {"supervisor": os.getpid()} | more)
        return kept | {SETUP_VARIABLE: wanted, "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"}

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"stop": int(self.stop)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        return cls(data["module"], data["setup"], data["listens"], signal.Signals(data["stop"]))
