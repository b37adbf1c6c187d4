"""The playbook in a namespace that is made of objects alone: what it reads there leads it to the cure."""

from praetor.substrates.cluster import checks, payloads
from praetor.substrates.live.episode import LiveSubstrate
from praetor.substrates.live.samples import Sample
from praetor.substrates.live.system import Clock, Made, Pace
from simcore.actions import CheckMetrics, DescribeService, ReadLogs, RunDiagnostic
from simcore.observation import AlertNotice, Logs
from simcore.policies.playbook.policy import PlaybookPolicy
from simcore.results import Snapshot
from tests.support.cluster_objects import container, deployment, looked_at, pod, replica_set, service, template
from tests.support.site_episodes import VirtualTime

CALLS = {"web": "orders", "orders": "stock", "stock": ""}


def of(name, cpu):
    env = [{"name": "UPSTREAM", "value": f"http://{CALLS[name]}:8080/" if CALLS[name] else ""}]
    return template(container(resources={"limits": {"cpu": cpu}} if cpu else {}, env=env), name=name)


WELL = dict.fromkeys(CALLS, (True, 600))
COME_AND_GO = [
    {"web": (True, 3), "orders": (False, 1), "stock": (False, 3)},
    {"web": (False, 6), "orders": (False, 7), "stock": (True, 2)},
    {"web": (False, 60), "orders": (True, 2), "stock": (True, 6)},
    {"web": (True, 1), "orders": (True, 4), "stock": (True, 8)},
]
"""Whether they are ready, and for how many seconds, while the readiness of each depends on whom it calls."""


def shop(limited, cpu="15m", ready=WELL):
    """Three services in a row, one of which was given a CPU limit a while ago; None: none of them."""
    sets, deployments, pods = [], [], []
    for name in CALLS:
        ill = name == limited
        sets.append(replica_set(1, of=name, pod=of(name, None), age=5000))
        if ill:
            sets.append(replica_set(2, of=name, pod=of(name, cpu), age=90))
        deployments.append(deployment(name, pod=of(name, cpu if ill else None)))
        owner = f"uid-{name}-h{2 if ill else 1}"
        pods.append(pod(f"{name}-1", owner, ready=ready[name][0], since=ready[name][1], age=80 if ill else 600))
    services = [service(name) for name in CALLS]
    return looked_at(deployments=deployments, replica_sets=sets, pods=pods, services=services)


class Shelf:
    """A System that is broken until somebody sets the limit of the one that lacks CPU. `phases`: which of them are
    ready meanwhile, for four seconds each."""

    missing = {}

    def __init__(self, limited, phases):
        self.limited, self.phases = limited, phases
        self.made, self.measured, self.well_since = [], None, None
        self.seen = self._at(0.0)

    def _at(self, now):
        return shop(self.limited, ready=self.phases[int(now / 4.0) % len(self.phases)])

    @property
    def names(self):
        return list(CALLS)

    def begin(self): ...

    def measure(self, now):
        self.measured = now
        if self.well_since is None:
            self.seen = self._at(now)

    def look(self, action, now):
        name = action.target_service
        match action:
            case DescribeService():
                return payloads.service_detail(self.seen, name, None)
            case ReadLogs():
                return Logs(name, ())
            case CheckMetrics():
                sample = Sample(now, self.seen.metrics(name))
                return payloads.metrics(self.seen, sample, sample, name, now)
            case RunDiagnostic(parameters=given):
                return checks.diagnostic(self.seen, name, given.command, {})
        return payloads.service_list(self.seen)

    def change(self, action, key, now):
        self.made.append((action.action_type, action.target_service, action.parameters.model_dump()))
        self.seen, self.well_since = shop(None), now
        return Made("done")

    def measured_at(self):
        return self.measured

    def kept_since(self, at):
        return self.well_since is not None and at >= self.well_since

    def kept_from(self, earliest, now):
        return now if self.well_since is None else max(earliest, self.well_since)

    def snapshot(self, now):
        return Snapshot(now, (), (), 0.0)

    def notes(self):
        return ()

    def close(self): ...


def played(limited, phases):
    time, shelf, policy = VirtualTime(), Shelf(limited, phases), PlaybookPolicy()
    substrate = LiveSubstrate(
        shelf, AlertNotice("users wait", "web", "critical", ""), pace=Pace(2.0, 2.0, 20.0),
        clock=Clock(lambda: time.now, time.sleep), max_steps=60,
    )  # fmt: skip
    observation, history, done = substrate.reset(), [], False
    while not done:
        decision = policy.decide(observation, history)
        result = substrate.step(decision.action)
        history.append((decision, result))
        observation, done = result.observation, result.terminated or result.truncated
    return shelf.made, substrate.verdict()


def test_a_cpu_limit_that_was_lowered_is_found_and_taken_away_again_wherever_it_is():
    for name in CALLS:
        made, verdict = played(name, [WELL | {name: (False, 80)}])
        assert made == [("update_config", name, {"key": "cpu.limit", "value": "none"})]
        assert [(one.service, one.mechanism) for one in verdict.declared] == [(name, "cfs_throttling")]
        assert verdict.resolved


def test_whose_readiness_comes_and_goes_with_that_of_another_is_not_taken_for_the_cause():
    for begins in range(len(COME_AND_GO)):
        made, verdict = played("stock", COME_AND_GO[begins:] + COME_AND_GO[:begins])
        assert made == [("update_config", "stock", {"key": "cpu.limit", "value": "none"})]
        assert [(one.service, one.mechanism) for one in verdict.declared] == [("stock", "cfs_throttling")]
