"""What may be dialled beside public addresses, as people say it: for one call, or for all by the environment."""

import pytest

from praetor.guard.addresses import rules_of

NOBODY = {}


def test_a_number_is_a_port_of_loopback_and_anything_else_a_network():
    rules = rules_of(["8080", "10.0.0.0/8"], NOBODY)
    assert rules.objection("127.0.0.1", 8080) is None
    assert rules.objection("::1", 8080) is None
    assert rules.objection("10.1.2.3", 443) is None
    assert rules.objection("127.0.0.1", 8081)
    assert rules.objection("10.1.2.3", 443) is None
    assert rules.objection("192.168.0.1", 8080)


def test_the_environment_adds_to_what_a_call_says():
    environment = {"PRAETOR_GUARD_ALLOW_PORTS": "9000, 9001", "PRAETOR_GUARD_ALLOW_CIDRS": "fd00::/8"}
    rules = rules_of(["8080"], environment)
    assert [rules.objection("127.0.0.1", port) for port in (8080, 9000, 9001)] == [None, None, None]
    assert rules.objection("fd00::1", 1) is None


def test_metadata_is_never_dialled_whatever_is_allowed():
    assert rules_of(["0.0.0.0/0"], NOBODY).objection("169.254.169.254", 80)


@pytest.mark.parametrize("text", ["0", "65536", "shop.example", "10.0.0.1/8", "١٢٣"])
def test_what_is_neither_is_refused_by_name(text):
    with pytest.raises(ValueError, match=text):
        rules_of([text], NOBODY)
