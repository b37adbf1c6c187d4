"""What an episode leaves behind: the chained trace, and a short summary of every step."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from praetor.runner.changes import Clearance, Escalation, WantedChange
from praetor.runner.request import Failure, RunRequest
from praetor.runner.stage import Stage, calls_of
from praetor.runner.summary import REASON_LIMIT_CHARACTERS, shorten, summarise
from praetor.runner.tools import changes_something, said, wire_form
from simcore.decision import Decision
from simcore.observation import Observation
from simcore.results import Snapshot, StepResult
from simcore.trace import TraceKind, TraceWriter

OnEvent = Callable[[dict[str, Any]], None]


class Journal:
    """Writes the trace events of one episode in their order and tells each to `on_event` as it happens."""

    def __init__(self, request: RunRequest, stage: Stage, on_event: OnEvent | None) -> None:
        self._request, self._stage, self._tell = request, stage, on_event or (lambda event: None)
        self._trace = TraceWriter(request.run_uid)
        self._now = 0.0
        self.summaries: list[dict[str, Any]] = []

    def jsonl(self) -> bytes:
        return self._trace.jsonl()

    def opened(self, observation: Observation) -> None:
        notice = asdict(observation.payload) if observation.payload is not None else {}
        self._write("alert", data=self._request.alert or notice, sim_seconds=observation.sim_seconds)
        self._write(
            "reset",
            observation=observation.to_json(),
            sim_seconds=observation.sim_seconds,
            snapshot=self._stage.snapshot().to_json(),
            data=self._setting(),
        )

    def decided(self, decision: Decision, before: Observation) -> None:
        self._now = before.sim_seconds
        self._write("decision", decision=decision_json(decision), sim_seconds=self._now)

    def asked(self, change: WantedChange) -> None:
        data = {"request": change.request, "state": "Asked"}
        self._write("approval", action=change.action, data=data, sim_seconds=self._now)

    def answered(self, change: WantedChange, clearance: Clearance) -> None:
        state = {"Go": "Approved", "Deny": "Denied", "Escalate": "Escalated"}[clearance.kind]
        data = {"request": change.request, "state": state, "by": clearance.by, "message": clearance.message}
        self._write("approval", action=change.action, data=data, sim_seconds=self._now)

    def intended(self, action: dict[str, Any]) -> None:
        """A change is announced before it is made, so that a reader of a cut trace knows what may have
        happened."""
        self._write("intent", action=action, sim_seconds=self._now)

    def observed(self, decision: Decision, result: StepResult, snapshot: Snapshot) -> None:
        wire = wire_form(decision.action)
        self._write(
            "effect" if changes_something(wire) else "observation",
            action=wire,
            observation=result.observation.to_json(),
            reward=result.reward,
            breakdown=result.reward_breakdown.to_json(),
            snapshot=snapshot.to_json(),
            error=result.observation.error,
            data={"summary": summarise(result.observation)} | result.info,
            sim_seconds=result.observation.sim_seconds,
        )
        self.summaries.append(self._summary(wire, decision, result))

    def closed(
        self, verdict: dict[str, Any], why: Failure | Escalation | None, unfinished: dict[str, Any] | None = None
    ) -> None:
        """`unfinished` is the transcript of a decision that did not come."""
        sim_seconds = verdict["sim_seconds"]
        self._write("verdict", data=verdict, breakdown=verdict["breakdown"], sim_seconds=sim_seconds)
        reason, message = (why.reason, why.message) if why else ("Ended", None)
        said = {"transcript": unfinished} if unfinished else {}
        self._write("end", data={"reason": reason} | said, error=message, sim_seconds=sim_seconds)

    def _setting(self) -> dict[str, Any]:
        request, stage, calls = self._request, self._stage, calls_of(self._stage)
        setting = {
            "run": {"namespace": request.namespace, "name": request.name, "uid": request.run_uid},
            "scenario": request.scenario,
            "family": stage.family,
            "seed": request.seed,
            "split": request.split,
            "difficulty": request.difficulty,
            "policy": request.policy,
            "substrate": stage.name,
            "grading": stage.grading,
            "max_steps": stage.max_steps,
        }
        if request.site is not None:
            setting |= {"site": request.site.name, "attempt": request.attempt}
        if request.mode != "Act":
            setting |= {"mode": request.mode}
        return setting | ({"calls": calls} if calls is not None else {})

    def _summary(self, wire: dict[str, Any] | None, decision: Decision, result: StepResult) -> dict[str, Any]:
        return {
            "seq": len(self.summaries) + 1,
            "action": wire["action_type"] if wire else "invalid",
            "service": wire["target_service"] if wire else None,
            "reward": round(result.reward, 6),
            "summary": summarise(result.observation),
            "reason": shorten(decision.reason, REASON_LIMIT_CHARACTERS),
        }

    def _write(self, kind: TraceKind, **fields: Any) -> None:
        self._tell(self._trace.append(kind, wall_time=self._wall_time(), **fields).to_json())

    def _wall_time(self) -> str | None:
        """The simulator's trace must be the same whenever it is played."""
        return None if self._stage.name == "Simulator" else datetime.now(UTC).isoformat()


def decision_json(decision: Decision) -> dict[str, Any]:
    """A decision for the trace, also one whose action is malformed."""
    if wire_form(decision.action) is not None:
        return decision.to_json()
    transcript = {} if decision.transcript is None else {"transcript": decision.transcript}
    return transcript | {"action": None, "said": said(decision.action), "reason": decision.reason}
