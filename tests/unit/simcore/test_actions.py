"""The border: ten actions, each refused with the name of the field when it is malformed."""

import pytest

from simcore.actions import ACTION_TYPES, CHANGES, READS, NoParameters, action_json, parse_action
from simcore.errors import ActionError
from simcore.schemas import schema
from tests.support.actions import ONE_OF_EACH
from tests.support.playing import do


@pytest.mark.parametrize("action_type", ACTION_TYPES)
def test_every_action_survives_the_wire(action_type):
    action = parse_action(ONE_OF_EACH[action_type])
    assert action.action_type == action_type
    assert parse_action(action_json(action)) == action


def test_reads_changes_and_the_declaration_are_all_there_is():
    assert READS | CHANGES | {"resolve_incident"} == set(ACTION_TYPES) == set(ONE_OF_EACH)
    assert not READS & CHANGES


def test_a_typed_action_passes_as_it_is():
    action = parse_action(ONE_OF_EACH["read_logs"])
    assert parse_action(action) is action


@pytest.mark.parametrize("name", ["Cart_Service", "shop.cart", "API", "a", "0", "cart-", "Cart_Service.v2" * 6])
@pytest.mark.parametrize("action_type", ACTION_TYPES)
def test_every_action_names_services_as_real_systems_call_them(action_type, name):
    wire = ONE_OF_EACH[action_type] | {"target_service": name}
    assert action_json(parse_action(wire))["target_service"] == name


@pytest.mark.parametrize("name", ["", "-a", ".a", "../a", "a b", "a/b", "a\n", "a\u0430", "a" * 101, "${a}", "a;b"])
def test_what_could_be_more_than_a_name_is_none(name):
    for wire in (do("read_logs", name), do("resolve_incident", causes=[{"service": name, "mechanism": "x"}])):
        with pytest.raises(ActionError):
            parse_action(wire)


@pytest.mark.parametrize(
    ("malformed", "field"),
    [
        (do("reboot_everything"), ""),
        ({"target_service": "api-gateway"}, ""),
        (do("read_logs"), "target_service"),
        (do("read_logs", "Api Gateway"), "target_service"),
        (do("read_logs", "api-gateway", lines=0), "parameters.lines"),
        (do("read_logs", "api-gateway", lines="many"), "parameters.lines"),
        (do("read_logs", "api-gateway", severity="LOUD"), "parameters.severity"),
        (do("check_metrics", "api-gateway", window=-1), "parameters.window"),
        (do("check_metrics", "api-gateway", window=float("nan")), "parameters.window"),
        (do("run_diagnostic", "api-gateway"), "parameters.command"),
        (do("run_diagnostic", "api-gateway", command="rm -rf /"), "parameters.command"),
        (do("restart_service", "api-gateway", memory_limit="lots"), "parameters.memory_limit"),
        (do("restart_service", "api-gateway", memory_limit="0"), "parameters.memory_limit"),
        (do("scale_service", "api-gateway", replicas=-1), "parameters.replicas"),
        (do("scale_service", "api-gateway", replicas=2.5), "parameters.replicas"),
        (do("rollback_deployment", "api-gateway", to_version=""), "parameters.to_version"),
        (do("update_config", "api-gateway", key="memory.limit"), "parameters.value"),
        (do("update_config", "api-gateway", key="memory.limit", value=True), "parameters.value"),
        (do("resolve_incident", causes=[{"service": "a", "mechanism": "b"}] * 4), "parameters.causes"),
        (do("resolve_incident", causes=[{"service": "a"}]), "parameters.causes.0.mechanism"),
        (do("resolve_incident", root_cause="x" * 2001), "parameters.root_cause"),
        (do("list_services", verbose=True), "parameters.verbose"),
        (do("read_logs", "api-gateway", follow=True), "parameters.follow"),
        (do("list_services") | {"comment": "hello"}, "comment"),
    ],
)
def test_a_malformed_action_names_its_field(malformed, field):
    with pytest.raises(ActionError) as refused:
        parse_action(malformed)
    assert refused.value.field == field
    assert str(refused.value).startswith(field or "action")


@pytest.mark.parametrize("nonsense", [None, 7, "list_services", ["list_services"], b"\0", NoParameters()])
def test_what_is_no_object_is_no_action(nonsense):
    with pytest.raises(ActionError, match="action"):
        parse_action(nonsense)


MANY = {
    "fields": do("list_services") | {f"k{number}": 1 for number in range(100)},
    "parameters": do("read_logs", "api-gateway", **{f"k{number}": 1 for number in range(100)}),
    "causes": do("resolve_incident", causes=[{}] * 100),
    "parts of a cause": do("resolve_incident", causes=[{f"k{number}": 1 for number in range(100)}]),
    "depths": do("resolve_incident", causes=[[[1] * 30, [1] * 30]]),
}


@pytest.mark.parametrize("of", MANY)
def test_an_action_of_very_many_values_is_refused_without_a_look_at_each(of):
    with pytest.raises(ActionError, match="more than 64 values"):
        parse_action(MANY[of])


def test_the_longest_declaration_is_taken():
    causes = [{"service": "a" * 63, "mechanism": "m" * 63}] * 3
    parse_action(do("resolve_incident", root_cause="x" * 2000, resolution="y" * 2000, causes=causes))


def test_the_first_wrong_cause_is_told():
    with pytest.raises(ActionError) as refused:
        parse_action(do("resolve_incident", causes=[{"service": "a", "mechanism": "m"}, {}, {}]))
    assert refused.value.field == "parameters.causes.1.service"


def test_a_config_value_may_be_a_number():
    given = do("update_config", "postgres-db", key="db.pool.max_size", value=50)
    assert parse_action(given).parameters.value == "50"


def test_the_schema_is_a_union_that_the_action_type_tells_apart():
    found = schema("action")
    assert found["discriminator"]["propertyName"] == "action_type"
    assert set(found["discriminator"]["mapping"]) == set(ACTION_TYPES)
    assert len(found["oneOf"]) == len(ACTION_TYPES)


def test_the_schema_refuses_what_the_parser_refuses():
    definitions = schema("action")["$defs"]
    assert {name: rules["additionalProperties"] for name, rules in definitions.items() if "properties" in rules} == {
        name: False for name, rules in definitions.items() if "properties" in rules
    }
