"""The chat client for language models: any endpoint that speaks OpenAI's chat completions, behind the guard."""

import json
import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from praetor.guard.addresses import AddressRules
from praetor.guard.client import Answer, GuardedClient
from praetor.guard.errors import GuardedError, UnreachableError

Message = dict[str, Any]
_TRIED_AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_LONGEST_PAUSE_SECONDS = 30.0
_COMPLAINT_LIMIT = 300
_CHARACTERS_OF_A_TOKEN = 4


class ChatError(GuardedError):
    """The endpoint refuses, or never gave an answer that can be used."""


@dataclass(frozen=True, slots=True)
class ChatSettings:
    """`endpoint` is the API's base, for example `https://api.example.com/v1`; the key is in no repr."""

    endpoint: str
    model: str
    key: str = field(default="", repr=False)
    timeout_seconds: float = 120.0
    attempts: int = 4
    temperature: float | None = None


class Reply(NamedTuple):
    """The assistant's message, and what it cost; guessed where the endpoint does not say."""

    message: Message
    prompt_tokens: int
    completion_tokens: int
    attempts: int


class ChatClient:
    """Asks one model. What may pass is tried again, with growing pauses or after the time that the endpoint names."""

    def __init__(
        self,
        settings: ChatSettings,
        rules: AddressRules,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings, self._sleep, self._clock = settings, sleep, clock
        authorization = {"Authorization": f"Bearer {settings.key}"} if settings.key else {}
        self._http = GuardedClient(
            settings.endpoint, rules=rules, headers=authorization, timeout_seconds=settings.timeout_seconds
        )

    def close(self) -> None:
        self._http.close()

    def complete(
        self, messages: Sequence[Message], tools: Sequence[dict[str, Any]], *, within_seconds: float | None = None
    ) -> Reply:
        """All attempts and pauses together take no longer than `within_seconds`. Raises ChatError, GuardError."""
        ends = math.inf if within_seconds is None else self._clock() + within_seconds
        body: dict[str, Any] = {"model": self.settings.model, "messages": list(messages), "tools": list(tools)}
        if self.settings.temperature is not None:
            body["temperature"] = self.settings.temperature
        for attempt in range(1, self.settings.attempts + 1):
            answer, complaint = self._ask(body, ends - self._clock())
            if answer is not None and answer.status == 200:
                return _reply(answer, attempt, guessed_tokens(body))
            if answer is not None and answer.status not in _TRIED_AGAIN:
                raise ChatError(self._without_key(complaint))
            if attempt == self.settings.attempts:
                break
            self._sleep(max(0.0, min(_pause_seconds(answer, attempt), ends - self._clock())))
            if self._clock() >= ends:
                break
        raise ChatError(self._without_key(f"{complaint} ({attempt} attempts)"))

    def _ask(self, body: dict[str, Any], left_seconds: float) -> tuple[Answer | None, str]:
        try:
            answer = self._http.request("POST", "/chat/completions", body=body, within_seconds=left_seconds)
        except UnreachableError as problem:
            return None, str(problem)
        return answer, f"{self._http.origin}: {answer.status}: {_complaint(answer.body)}"

    def _without_key(self, text: str) -> str:
        """An endpoint may repeat the key that it refuses."""
        return text.replace(self.settings.key, "***") if self.settings.key else text


def guessed_tokens(sent: Any) -> int:
    """What something that is sent as JSON counts for while no endpoint has counted it."""
    return -(-len(json.dumps(sent)) // _CHARACTERS_OF_A_TOKEN)


def _reply(answer: Answer, attempts: int, sent_tokens: int) -> Reply:
    try:
        data = answer.json()
        message, usage = data["choices"][0]["message"], data.get("usage") or {}
        tokens = (
            _tokens(usage.get("prompt_tokens"), sent_tokens),
            _tokens(usage.get("completion_tokens"), guessed_tokens(message)),
        )
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        raise ChatError("the endpoint's answer is no chat completion") from None
    if not isinstance(message, dict):
        raise ChatError("the endpoint's answer has no message")
    return Reply(message, *tokens, attempts)


def _tokens(said: Any, guess: int) -> int:
    """What the endpoint counted. Where it says nothing, or nonsense, a guess: a budget must not be endless then."""
    known = isinstance(said, int | float) and said > 0
    return int(said) if known else guess


def _complaint(body: bytes) -> str:
    """What the endpoint says is wrong, in its own words and in short."""
    try:
        error = json.loads(body)["error"]
        text = error["message"] if isinstance(error, dict) else str(error)
    except (ValueError, KeyError, TypeError):
        text = body.decode(errors="replace")
    return " ".join(str(text).split())[:_COMPLAINT_LIMIT]


def _pause_seconds(answer: Answer | None, attempt: int) -> float:
    named = answer.headers.get("retry-after", "") if answer else ""
    if named.isdigit():
        return min(float(named), _LONGEST_PAUSE_SECONDS)
    return min(2.0 ** (attempt - 1), _LONGEST_PAUSE_SECONDS) * random.uniform(0.5, 1.0)
