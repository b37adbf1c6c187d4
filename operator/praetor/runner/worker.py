"""A process that plays episodes for the pool: `python -m praetor.runner.worker STAGE POLICY`.

STAGE and POLICY are dotted paths (`package.module:function`) of what makes a Stage of a request, and a
policy of a name. One JSON object a line: a request on stdin, then on stdout any number of `event` and one
of `outcome`, `refused` or `crashed`. In between it may `ask` for a change or announce a `call` of a language model, and
the next line of stdin is the answer.
The end of stdin ends the process, also one that waits for an answer: whoever would give it is gone.
"""

import importlib
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from typing import Any, TextIO

from praetor.runner.changes import Clearance, Wanted, WantedCall
from praetor.runner.loop import play
from praetor.runner.request import RunRequest
from praetor.runner.stage import Stage
from simcore.decision import Policy
from simcore.errors import SimcoreError

StageFactory = Callable[[RunRequest], Stage]
PolicyFactory = Callable[..., Policy]


class Worker:
    def __init__(self, make_stage: StageFactory, make_policy: PolicyFactory, requests: TextIO, answers: TextIO) -> None:
        self._make_stage, self._make_policy = make_stage, make_policy
        self._requests, self._answers = requests, answers

    def serve(self) -> None:
        while line := self._requests.readline():
            self._answer(**self._play(RunRequest.from_json(json.loads(line))))

    def _play(self, request: RunRequest) -> dict[str, Any]:
        try:
            outcome = self._episode(request)
        except SimcoreError as problem:
            return {"refused": str(problem)}
        except BrokenPipeError:
            raise  # it is not the episode that failed: nobody listens any more
        except Exception as problem:
            traceback.print_exc()
            return {"crashed": f"{type(problem).__name__}: {problem}"}
        return {"outcome": outcome}

    def _episode(self, request: RunRequest) -> dict[str, Any]:
        stage = self._make_stage(request)
        named = {} if request.language_model is None else {"language_model": request.language_model}
        policy = self._make_policy(request.policy, seed=request.seed, episode=getattr(stage, "episode", None), **named)
        told = play(request, stage, policy, on_event=lambda event: self._answer(event=event), gate=self._ask)
        return told.to_json()

    def _ask(self, wanted: Wanted) -> Clearance:
        self._answer(**{"call" if isinstance(wanted, WantedCall) else "ask": wanted.to_json()})
        line = self._requests.readline()
        if not line:
            raise BrokenPipeError
        return Clearance(**json.loads(line)["answer"])

    def _answer(self, **message: Any) -> None:
        self._answers.write(json.dumps(message) + "\n")
        self._answers.flush()


def resolve(dotted: str) -> Any:
    """The object of `package.module:name`."""
    module, _, name = dotted.partition(":")
    return getattr(importlib.import_module(module), name)


def _own_stdout() -> TextIO:
    """Stdout for answers only: what a policy prints goes to stderr."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answers


def main() -> None:
    stage, policy = sys.argv[1:3]
    worker = Worker(resolve(stage), resolve(policy), sys.stdin, _own_stdout())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, whose end closes stdin
    try:
        worker.serve()
    except BrokenPipeError:
        os._exit(0)  # the parent is gone, nobody is left to tell


if __name__ == "__main__":
    main()
