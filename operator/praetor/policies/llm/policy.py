"""A language model as the policy: the ten actions are its tools, observations their results."""

from collections.abc import Sequence
from typing import Any, Protocol

from praetor.guard.chat import Message, Reply, guessed_tokens
from praetor.guard.means import Means, Spent
from praetor.policies.llm.budget import Budget
from praetor.policies.llm.prompt import as_data, opening, system_prompt
from praetor.policies.llm.tools import action_of, tools
from simcore.decision import Decision, History, Hypothesis
from simcore.observation import Observation

_KEPT_RESULTS = 12
_FORGOTTEN = "(an older result, left out; look again if it matters)"
_ASK_AGAIN = "Call exactly one of the tools."
_UNSEEN_ANSWER_TOKENS = 1_000
"""What an answer counts for that nobody has seen, because its attempt was cut off."""


class Chat(Protocol):
    """praetor.guard.chat.ChatClient."""

    def complete(
        self, messages: Sequence[Message], tools: Sequence[dict[str, Any]], *, within_seconds: float | None = None
    ) -> Reply: ...
    def close(self) -> None: ...


class LlmPolicy:
    """One attempt's conversation. Raises ChatError and BudgetError out of `decide`: the run then says why it ended.

    Whoever plays it as a part of a run says before the first decision, by `begin`, what the run has left."""

    name = "llm"

    def __init__(self, chat: Chat, model: str, budget: Budget) -> None:
        self._chat, self._model, self._budget = chat, model, budget
        self._messages: list[Message] = [{"role": "system", "content": system_prompt()}]
        self._call_id: str | None = None
        self._means = Means()
        self._replies: list[Reply] = []

    def begin(self, means: Means) -> None:
        self._means, self._budget.earlier = means, means.spent

    @property
    def spent(self) -> Spent:
        """By all attempts of the run."""
        return self._budget.spent

    @property
    def unfinished(self) -> dict[str, Any] | None:
        """What was said for a decision that did not come; None if nothing was."""
        return self._transcript(self._replies) if self._replies else None

    def close(self) -> None:
        self._chat.close()

    def decide(self, observation: Observation, history: History) -> Decision:
        self._show(observation)
        offered = tools(frozenset(observation.missing))
        self._replies = [self._ask(offered)]
        if _first_call(self._replies[0].message) is None:
            self._messages += [_said(self._replies[0].message), {"role": "user", "content": _ASK_AGAIN}]
            self._replies.append(self._ask(offered))
        replies, self._replies = self._replies, []
        return self._decision(replies)

    def _show(self, observation: Observation) -> None:
        if self._call_id is None:
            self._messages.append({"role": "user", "content": opening(observation, self._means.changes)})
        else:
            self._messages.append({"role": "tool", "tool_call_id": self._call_id, "content": as_data(observation)})

    def _ask(self, offered: Sequence[dict[str, Any]]) -> Reply:
        self._budget.check()
        messages = _shortened(self._messages)
        self._means.announce(self.spent + Spent(guessed_tokens([messages, offered]), _UNSEEN_ANSWER_TOKENS))
        reply = self._chat.complete(messages, offered, within_seconds=self._means.seconds_left())
        self._budget.spend(reply.prompt_tokens, reply.completion_tokens)
        return reply

    def _decision(self, replies: Sequence[Reply]) -> Decision:
        message, transcript = replies[-1].message, self._transcript(replies)
        call = _first_call(message)
        self._messages.append(_said(message, call))
        self._call_id = call["id"] if call else None
        text = str(message.get("content") or "")
        if call is None:
            said: Any = {"action_type": text[:200] or "nothing"}
            return Decision(said, reason=text, transcript=transcript)
        action, why = action_of(call["function"].get("name"), call["function"].get("arguments"))
        named: Any = action
        return Decision(named, _believed(action), reason=why or text, transcript=transcript)

    def _transcript(self, replies: Sequence[Reply]) -> dict[str, Any]:
        """What was said, by whom and at what price; what it was told are the observations before it. `without_a_call`
        is what it said first, where it had to be asked again."""
        first = {"without_a_call": _said(replies[0].message)} if len(replies) > 1 else {}
        return first | {
            "model": self._model,
            "message": _said(replies[-1].message),
            "attempts": sum(reply.attempts for reply in replies),
            "prompt_tokens": sum(reply.prompt_tokens for reply in replies),
            "completion_tokens": sum(reply.completion_tokens for reply in replies),
            "tokens_so_far": self.spent.tokens,
            "dollars_so_far": round(self._budget.spent_dollars, 6),
        }


def _first_call(message: Message) -> dict[str, Any] | None:
    """The first well-formed tool call; a second one is for after its result."""
    calls = message.get("tool_calls")
    for call in calls if isinstance(calls, list) else []:
        if isinstance(call, dict) and isinstance(call.get("function"), dict) and isinstance(call.get("id"), str):
            return call
    return None


def _said(message: Message, call: dict[str, Any] | None = None) -> Message:
    """The assistant's message as it goes into the conversation: its text, and the one call that is answered."""
    said: Message = {"role": "assistant", "content": message.get("content") or ""}
    if call is None:
        call = _first_call(message)
    if call is not None:
        function = call["function"]
        said["tool_calls"] = [
            {
                "id": call["id"],
                "type": "function",
                "function": {"name": str(function.get("name")), "arguments": str(function.get("arguments") or "{}")},
            }
        ]
    return said


def _shortened(messages: list[Message]) -> list[Message]:
    """Without the text of results that are long past: a conversation must fit a model's window."""
    results = [number for number, message in enumerate(messages) if message["role"] == "tool"]
    old = set(results[:-_KEPT_RESULTS])
    return [message | {"content": _FORGOTTEN} if n in old else message for n, message in enumerate(messages)]


def _believed(action: dict[str, Any]) -> Hypothesis | None:
    causes = action["parameters"].get("causes")
    if not isinstance(causes, list) or not causes or not isinstance(causes[0], dict):
        return None
    return Hypothesis(str(causes[0].get("service", "")), str(causes[0].get("mechanism", "")))
