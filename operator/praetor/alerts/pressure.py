"""How much is taken in at once. What is too much is refused at once and comes again: senders keep what they send."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_SHORTEST_WAIT_SECONDS = 1


class TooMuchError(Exception):
    """`seconds` until it is worth trying again."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = max(_SHORTEST_WAIT_SECONDS, round(seconds))


@dataclass(slots=True)
class Pressure:
    """`in_flight` deliveries at a time, and `runs_per_minute` new runs of alerts (0: any number), of which a
    minute's worth may come at once."""

    in_flight: int = 200
    runs_per_minute: float = 0
    clock: Callable[[], float] = time.monotonic
    _under_way: int = 0
    _tokens: float = field(init=False)
    _refilled: float = field(init=False)

    def __post_init__(self) -> None:
        self._tokens, self._refilled = float(self.runs_per_minute), self.clock()

    @contextmanager
    def delivery(self) -> Iterator[None]:
        """Raises TooMuchError."""
        if self._under_way >= self.in_flight:
            raise TooMuchError(f"{self.in_flight} deliveries are being stored; send it again", _SHORTEST_WAIT_SECONDS)
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1

    def new_run(self) -> None:
        """Takes one from the minute's. Raises TooMuchError."""
        if not self.runs_per_minute:
            return
        now, per_second = self.clock(), self.runs_per_minute / 60
        self._tokens = min(self.runs_per_minute, self._tokens + (now - self._refilled) * per_second)
        self._refilled = now
        if self._tokens < 1:
            raise TooMuchError(
                f"more than {self.runs_per_minute:g} new alert groups a minute; send it again",
                (1 - self._tokens) / per_second,
            )
        self._tokens -= 1
