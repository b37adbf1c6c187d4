"""Episodes on live systems in virtual time: the alert that they begin with, and what they end with."""

from simcore.observation import AlertNotice
from tests.support.playing import do

ALERT = AlertNotice("checkout fails", "frontend", "critical", "40 % of requests fail")
DECLARE = do("resolve_incident", None, causes=[{"service": "api", "mechanism": "heap_oom"}])


class VirtualTime:
    """Sleeping takes no time and moves the clock; what a test wants to happen meanwhile does."""

    def __init__(self):
        self.now, self.then = 0.0, []

    def sleep(self, seconds):
        self.now += seconds
        for at, what in [each for each in self.then if each[0] <= self.now]:
            self.then.remove((at, what))
            what()
