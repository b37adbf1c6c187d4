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


def shop(limited, cpu="15m"):
    """Three services in a row, one of which was given a CPU limit a while ago and is late since; None: all well."""
    sets, deployments, pods = [], [], []
    for name in CALLS:
        ill = name == limited
        sets.append(replica_set(1, of=name, pod=of(name, None), age=5000))
        if ill:
            sets.append(replica_set(2, of=name, pod=of(name, cpu), age=90))
        deployments.append(deployment(name, pod=of(name, cpu if ill else None)))
        owner = f"uid-{name}-h{2 if ill else 1}"
        pods.append(pod(f"{name}-1", owner, ready=not ill, age=80 if ill else 600))
    services = [service(name) for name in CALLS]
    return looked_at(deployments=deployments, replica_sets=sets, pods=pods, services=services)


class Shelf:
    """A System that is broken until somebody sets the limit of the one that lacks CPU."""

    missing = {}

    def __init__(self, limited):
        self.limited, self.made, self.measured, self.well_since = limited, [], None, None
        self.seen = shop(limited)

    @property
    def names(self):
        return list(CALLS)

    def begin(self): ...

    def measure(self, now):
        self.measured = now

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


def played(limited):
    time, shelf, policy = VirtualTime(), Shelf(limited), PlaybookPolicy()
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
        made, verdict = played(name)
        assert made == [("update_config", name, {"key": "cpu.limit", "value": "none"})]
        assert [(one.service, one.mechanism) for one in verdict.declared] == [(name, "cfs_throttling")]
        assert verdict.resolved
