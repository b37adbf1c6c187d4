"""One session, the bounds that all of them keep within, and how a client is told that it is over one."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from praetor.openenv.batches import Batched
from praetor.openenv.play import Play
from simcore.errors import SimcoreError

HangUp = Callable[[], Awaitable[None]]


class CapacityError(SimcoreError):
    """All places are taken; the text is the library's."""

    def __init__(self, active: int, most: int) -> None:
        super().__init__(f"Server at capacity: {active}/{most} sessions active. Cannot accept new connections.")
        self.active, self.most = active, most


class BatchRoomError(SimcoreError):
    """The batches of all sessions have as many environments as the server takes."""

    def __init__(self, wanted: int, free: int, most: int) -> None:
        super().__init__(
            f"no room for a batch of {wanted}: all batches together have at most {most} environments, {free} are free;"
            " ask for fewer, or again when other batches have ended"
        )


class DrainingError(SimcoreError):
    """The server is about to end and begins nothing new."""

    def __init__(self) -> None:
        super().__init__("this server is shutting down; connect again")


@dataclass(frozen=True, slots=True)
class Limits:
    """`queue_seconds` is how long a client waits for a place, `most_waiting` how many may.

    A session without a connection makes room after `idle_seconds`, or after `unclaimed_seconds` if nobody came back
    to it by its id. An environment of a batch takes about 30 kB: `most_batched` bounds those of all sessions.
    """

    most_sessions: int = 1024
    queue_seconds: float = 5.0
    most_waiting: int = 1024
    idle_seconds: float = 3600.0
    unclaimed_seconds: float = 60.0
    most_batched: int = 16_384


@dataclass(slots=True, eq=False)
class Session:
    """`hang_up` ends the connection that it lives with; None where it outlives connections.

    `claimed`: somebody came back by its id. `reserved` counts the environments of its batch, made or about to be."""

    id: str
    play: Play = field(default_factory=Play)
    batch: Batched | None = None
    reserved: int = 0
    hang_up: HangUp | None = None
    last_used: float = 0.0
    claimed: bool = False
    closing: bool = False

    @property
    def under_way(self) -> bool:
        return self.play.under_way or (self.batch is not None and self.batch.under_way)

    def drop_batch(self) -> None:
        self.batch, self.reserved = None, 0

    def forget(self) -> None:
        self.play = Play()
        self.drop_batch()
