"""Actions of one topology as the kernel takes them, remembered: the same action comes again and again."""

from collections.abc import Mapping
from typing import Any, get_args

from simcore.actions import Action, parse_action
from simcore.topologies.topology import Topology
from simcore.world.encode import Coded, encode

_MOST = 8192
_TYPED: tuple[type, ...] = get_args(get_args(Action)[0])
_NO_PARAMETERS: dict[str, Any] = {}


class ActionReader:
    """Raises ActionError for a malformed action. Only well-formed ones are remembered."""

    def __init__(self, topology: Topology) -> None:
        self._topology = topology
        self._known: dict[Any, tuple[Action, Coded]] = {}

    def read(self, action: Action | Mapping[str, Any]) -> tuple[Action, Coded]:
        key = _key(action)
        found = self._known.get(key) if key is not None else None
        if found is None:
            typed = parse_action(action)
            found = typed, encode(typed, self._topology)
            if key is not None:
                if len(self._known) >= _MOST:
                    self._known.clear()
                self._known[key] = found
        return found


def _key(action: Action | Mapping[str, Any]) -> Any:
    """Something hashable that only equal actions share, types, signs of zeros and the fields that are there included;
    None for what is not worth remembering: a declaration ends its episode, and its free texts hardly come again."""
    if type(action) is not dict:
        return action if isinstance(action, _TYPED) else None
    parameters = action.get("parameters", _NO_PARAMETERS)
    if type(parameters) is not dict or action.get("action_type") == "resolve_incident":
        return None
    try:
        pairs = tuple([(name, value or repr(value), type(value)) for name, value in parameters.items()])
        key = (tuple(action), action["action_type"], action.get("target_service"), pairs)
        hash(key)
    except (KeyError, TypeError):
        return None
    return key


_READERS: dict[int, tuple[Topology, ActionReader]] = {}


def reader_of(topology: Topology) -> ActionReader:
    """The one reader of a topology."""
    found = _READERS.get(id(topology))
    if found is None:
        found = _READERS[id(topology)] = (topology, ActionReader(topology))
    return found[1]
