"""The naming rule, case by case: what a delivery does to the runs of its group."""

from dataclasses import replace

from praetor.alerts import alertmanager
from praetor.alerts.deciding import FOREIGN, Attach, CreateRun, KnownRun, Nothing, decide
from praetor.alerts.ledger import LIMIT, Ledger
from tests.support.alert_bodies import alert, body


def delivery(*alerts):
    return alertmanager.parse(body(*alerts))


def run(number, *, finished, seen=(), target=""):
    ledger = Ledger().joined(delivery(*seen).occurrences) if seen else Ledger()
    return KnownRun(f"alertmanager-0-{number}", number, target, finished, ledger)


def test_the_first_firing_delivery_makes_the_first_run():
    decision = decide([], delivery(alert("A"), alert("B", firing=False)))
    assert isinstance(decision, CreateRun)
    assert (decision.number, len(decision.ledger.seen), decision.ledger.firing) == (1, 2, 1)


def test_only_resolved_alerts_of_an_unknown_group_make_nothing():
    assert decide([], delivery(alert("A", firing=False))) == Nothing()


def test_a_repeat_changes_nothing_of_an_open_run():
    known = run(1, finished=False, seen=[alert("A")])
    assert decide([known], delivery(alert("A"))) == Attach(known, known.ledger)


def test_a_repeat_changes_nothing_of_a_finished_run():
    known = run(1, finished=True, seen=[alert("A")])
    assert decide([known], delivery(alert("A"))) == Attach(known, known.ledger)


def test_an_open_run_takes_in_what_it_had_not_seen():
    known = run(1, finished=False, seen=[alert("A")])
    decision = decide([known], delivery(alert("A"), alert("B"), alert("A", started=9)))
    assert isinstance(decision, Attach)
    assert (len(decision.ledger.seen), decision.ledger.firing) == (3, 3)


def test_a_finished_run_is_followed_by_a_new_one_when_an_unseen_alert_fires():
    known = run(1, finished=True, seen=[alert("A")])
    decision = decide([known], delivery(alert("A", started=60)))
    assert isinstance(decision, CreateRun)
    assert decision.number == 2
    assert set(known.ledger.seen) < set(decision.ledger.seen), "late repeats of the old occurrence stay known"


def test_what_resolved_unseen_makes_no_run_and_is_not_remembered_by_a_finished_one():
    known = run(1, finished=True, seen=[alert("A")])
    decision = decide([known], delivery(alert("A"), alert("B", firing=False)))
    assert decision == Attach(known, known.ledger)


def test_the_end_of_an_alert_is_counted():
    known = run(1, finished=True, seen=[alert("A")])
    decision = decide([known], delivery(alert("A", firing=False)))
    assert decision == Attach(known, replace(known.ledger, firing=0))


def test_the_newest_run_decides_whatever_the_order_and_gaps():
    runs = [run(10, finished=False, seen=[alert("A", started=1)]), run(2, finished=True, seen=[alert("A")])]
    decision = decide(runs, delivery(alert("A", started=1)))
    assert isinstance(decision, Attach)
    assert decision.run.number == 10


def test_two_sites_of_one_namespace_have_runs_of_their_own_with_numbers_of_their_own():
    at_east = run(1, finished=False, seen=[alert("A")], target="east")
    decision = decide([at_east], delivery(alert("A")), "west")
    assert isinstance(decision, CreateRun)
    assert decision.number == 2


def test_a_name_that_another_object_took_is_passed_over():
    taken = replace(run(1, finished=False), target=FOREIGN)
    decision = decide([taken], delivery(alert("A")))
    assert isinstance(decision, CreateRun)
    assert decision.number == 2


def test_without_a_time_an_open_run_absorbs_and_a_finished_one_is_followed():
    timeless = alert("A") | {"startsAt": "0001-01-01T00:00:00Z"}
    open_run = run(1, finished=False, seen=[timeless])
    assert decide([open_run], delivery(timeless)) == Attach(open_run, open_run.ledger)
    assert isinstance(decide([replace(open_run, finished=True)], delivery(timeless)), CreateRun)


def test_what_still_fires_is_never_forgotten_for_what_does_not():
    old = run(1, finished=True, seen=[alert("Old")])
    known = old.ledger
    for second in range(2 * LIMIT):
        known = known.joined(delivery(alert("Old"), alert("Flapping", started=second)).occurrences)
    assert len(known.seen) == LIMIT
    assert decide([replace(old, ledger=known)], delivery(alert("Old"))) == Attach(
        replace(old, ledger=known), replace(known, firing=1)
    )


def test_above_the_limit_the_newest_start_is_compared():
    crowd = [alert(f"Alert{number}", started=number) for number in range(LIMIT + 50)]
    known = run(1, finished=True, seen=crowd)
    assert len(known.ledger.seen) == LIMIT
    assert isinstance(decide([known], delivery(*crowd)), Attach)
    assert isinstance(decide([known], delivery(*crowd, alert("Later", started=LIMIT + 50))), CreateRun)
