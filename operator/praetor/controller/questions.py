"""What this process is finding out about targets of experiments. Lost with the process, on purpose: a question that
has no answer is asked again."""

import asyncio
import logging
from collections.abc import Callable, Mapping

from praetor.controller.effects import Ask
from praetor.controller.key import Key
from praetor.controller.trial import Asked
from praetor.guard.errors import GuardedError
from praetor.substrates.chaos.errors import ChaosRefusedError
from praetor.substrates.chaos.lab import Lab
from praetor.substrates.chaos.looking import Looked
from simcore.errors import SimcoreError

log = logging.getLogger(__name__)


class Questions:
    """By the uid of the run. `on_answer(key)` is called whenever there is one."""

    def __init__(self, lab: Lab | None, on_answer: Callable[[Key], None]) -> None:
        self._lab, self._on_answer = lab, on_answer
        self._asked: dict[str, dict[str, Asked]] = {}
        self._tasks: dict[str, set[asyncio.Task[None]]] = {}

    def asked(self, uid: str) -> Mapping[str, Asked]:
        return self._asked.get(uid, {})

    def note(self, uid: str, what: str, answer: Looked | None = None, *, refused: bool = False) -> None:
        """Something that was asked for at once."""
        self._asked.setdefault(uid, {})[what] = Asked(answer, refused)

    def ask(self, effect: Ask) -> None:
        """Nothing happens if it was asked already."""
        uid = effect.order.uid
        if effect.question not in self.asked(uid):
            self.note(uid, effect.question)
            self._tasks.setdefault(uid, set()).add(asyncio.create_task(self._find_out(effect)))

    def stop(self, uid: str) -> None:
        self._asked.pop(uid, None)
        for task in self._tasks.pop(uid, ()):
            task.cancel()

    async def close(self) -> None:
        tasks = [task for tasks in self._tasks.values() for task in tasks]
        for uid in list(self._asked):
            self.stop(uid)
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _find_out(self, effect: Ask) -> None:
        order, asked = effect.order, self._asked[effect.order.uid]
        asked[effect.question] = await self._answer(effect)
        self._on_answer(Key("IncidentRun", order.namespace, order.name))

    async def _answer(self, effect: Ask) -> Asked:
        assert self._lab is not None
        try:
            return Asked(await self._lab.ask(effect.question, effect.order, effect.plan))
        except ChaosRefusedError as problem:
            return Asked(Looked(False, str(problem)), refused=True)
        except (SimcoreError, GuardedError) as problem:
            return Asked(Looked(False, str(problem)))
        except Exception as problem:  # an experiment must never wait for an answer that nobody looks for
            log.exception("%s/%s: %s broke", effect.order.namespace, effect.order.name, effect.question)
            return Asked(Looked(False, f"{type(problem).__name__}: {problem}"), refused=True)
