"""A page that names the failing service itself, which shows nothing: its callers know more of it."""

from dataclasses import replace

import pytest

from simcore.observation import AlertNotice, Observation, ServiceDetail, ServiceList
from simcore.policies.playbook.policy import PlaybookPolicy
from simcore.results import without_reward
from tests.support.playing import do, episodes

HEARD_OF_BY_CALLERS = ("cert-expiry", "network-partition", "network-delay")
FAULTS = 6


def told(observation, payload):
    seen = observation
    return Observation(seen.kind, seen.step, seen.max_steps, seen.sim_seconds, payload, seen.error, seen.alerts)


def listed(observation, unwell):
    """These seem unwell, and the others well."""

    def seen(one):
        return replace(one, health="degraded" if one.name in unwell else "healthy")

    match observation.payload:
        case ServiceList(services=rows):
            return told(observation, ServiceList(tuple(map(seen, rows))))
        case ServiceDetail() as detail:
            return told(observation, seen(detail))
    return observation


def played(episode, named, unwell=()):
    """Its decisions, in an episode whose page names this service."""
    observation, policy, history = episode.reset(), PlaybookPolicy(), []
    assert isinstance(observation.payload, AlertNotice)
    observation = told(observation, replace(observation.payload, service=named))
    while not episode.done:
        decision = policy.decide(observation, history)
        result = without_reward(episode.step(decision.action))
        is_well = not result.observation.alerts
        history.append((decision, replace(result, observation=listed(result.observation, () if is_well else unwell))))
        observation = history[-1][1].observation
    return [decision for decision, _ in history]


def callers_of(episode, service):
    return episode.fork().step(do("describe_service", service)).observation.payload.called_by


def faults(family):
    found = (episode for episode in episodes(family) if len(episode.world.incident.truth) == 1)
    return [next(found) for _ in range(FAULTS)]


@pytest.mark.parametrize("family", HEARD_OF_BY_CALLERS)
@pytest.mark.parametrize("unwell", ["nobody", "the one named", "the one named and its callers"])
def test_its_callers_are_asked_when_it_shows_nothing(family, unwell):
    resolved = 0
    for episode in faults(family):
        (cause,) = episode.world.incident.truth
        episode.reset()
        named = () if unwell == "nobody" else (cause.service,)
        callers = callers_of(episode, cause.service) if unwell.endswith("callers") else ()
        played(episode, cause.service, (*named, *callers))
        resolved += episode.resolved
    assert resolved >= FAULTS - 1


def test_nobody_is_asked_twice_before_something_was_changed():
    for episode in faults("cert-expiry"):
        (cause,) = episode.world.incident.truth
        asked = []
        for decision in played(episode, cause.service):
            action = decision.action
            if action.action_type == "restart_service":
                break
            if action.action_type == "run_diagnostic":
                asked.append((action.target_service, action.parameters.command))
        assert asked
        assert len(asked) == len(set(asked))
