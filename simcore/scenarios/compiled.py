"""A scenario in one topology as the numbers that the kernel draws from."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from simcore.errors import ScenarioError
from simcore.kernel import layout as at
from simcore.kernel import plan
from simcore.kernel.layout import Floats, Ints
from simcore.mechanisms.model import Mechanism
from simcore.mechanisms.table import CLASSES, MECHANISMS
from simcore.scenarios.remedies import wish_of
from simcore.scenarios.spec import Remedy, ScenarioSpec, Variant
from simcore.topologies.rest import world_at_rest
from simcore.topologies.roles import services_of
from simcore.topologies.topology import Topology

_WHERE = {
    "Target": at.AT_TARGET, "Database": at.AT_DATABASE, "Victims": at.AT_VICTIMS, "Caller": at.AT_CALLER,
    "Callee": at.AT_CALLEE,
}  # fmt: skip
TRANSIENT = Variant(name="transient", mechanism="network_delay", remedies=[[Remedy(predicate="WayIsShort")]])
"""What heals by itself in families of which nothing else does."""


@dataclass(frozen=True, eq=False)
class Plan:
    """The tables of `simcore.kernel.plan`, and the healthy world that they are drawn into."""

    topology: Topology
    variants: tuple[Variant, ...]
    usual: Floats
    rows: Floats
    ranges: Floats
    templates: Floats
    wanted: Floats
    targets: Ints


_PLANS: dict[tuple[int, int], tuple[ScenarioSpec, Plan]] = {}


def plan_of(spec: ScenarioSpec, topology: Topology) -> Plan:
    """The plan of a scenario, made once. Raises ScenarioError for a variant that can befall nobody there."""
    key = (id(spec), id(topology))
    if key not in _PLANS:
        if len(_PLANS) >= 4096:
            _PLANS.clear()
        _PLANS[key] = (spec, _Compiler(spec, topology).plan())
    return _PLANS[key][1]


class _Compiler:
    def __init__(self, spec: ScenarioSpec, topology: Topology) -> None:
        self._spec, self._topology = spec, topology
        self._ranges: list[tuple[float, float]] = []
        self._templates: list[Sequence[float]] = []
        self._wanted: list[Sequence[float]] = []
        self._targets: list[int] = []

    def plan(self) -> Plan:
        variants = (*self._spec.variants, TRANSIENT)
        rows = [self._variant(variant) for variant in variants]
        return Plan(
            self._topology, variants, world_at_rest(self._topology), np.array(rows, dtype=np.float64),
            np.array(self._ranges, dtype=np.float64), np.array(self._templates, dtype=np.float64),
            np.array(self._wanted, dtype=np.float64), np.array(self._targets, dtype=np.int64),
        )  # fmt: skip

    def _variant(self, variant: Variant) -> list[float]:
        mechanism = MECHANISMS[variant.mechanism]
        row = np.zeros(plan.VARIANT_COLUMNS)
        row[plan.V_WEIGHT] = variant.weight
        row[plan.V_CLASS] = CLASSES.index(mechanism.mechanism_class)
        row[plan.V_NAMED], row[plan.V_VICTIMS] = mechanism.named, mechanism.has_victims
        row[plan.V_NEW_RELEASE], row[plan.V_HEALS] = mechanism.new_release, mechanism.heals
        row[plan.V_CONFIG_KEY] = plan.NONE
        if mechanism.config is not None:
            row[plan.V_CONFIG_KEY], row[plan.V_CONFIG_AT] = mechanism.config.key, mechanism.config.where
            row[plan.V_CONFIG_COLUMN] = mechanism.rows[_config_row(mechanism)].column
        row[plan.V_TEMPLATES], row[plan.N_TEMPLATES] = len(self._templates), len(mechanism.rows)
        row[plan.V_RANGES], row[plan.N_RANGES] = len(self._ranges), len(mechanism.parameter_names)
        row[plan.V_WANTED] = len(self._wanted)
        self._add_targets(variant, mechanism, row)
        self._add_rows(variant, mechanism)
        self._add_wanted(variant, mechanism)
        row[plan.N_WANTED] = len(self._wanted) - row[plan.V_WANTED]
        return row.tolist()

    def _add_targets(self, variant: Variant, mechanism: Mechanism, row: Floats) -> None:
        fit = services_of(self._topology, mechanism.roles)
        asked = services_of(self._topology, tuple(variant.targets)) if variant.targets else fit
        found = [s for s in asked if s in fit]
        if not found:
            where = f"topology {self._topology.name}: nobody there is {' or '.join(mechanism.roles)}"
            raise ScenarioError(f"variant {variant.name!r} of {mechanism.name} can befall no service: {where}")
        row[plan.V_TARGETS], row[plan.N_TARGETS] = len(self._targets), len(found)
        self._targets += found

    def _add_rows(self, variant: Variant, mechanism: Mechanism) -> None:
        for name in mechanism.parameter_names:
            own = variant.parameters.get(name)
            self._ranges.append((own.low, own.high) if own else mechanism.parameters[name])
        for template in mechanism.rows:
            value = template.to
            self._templates.append(
                (
                    template.where, template.column, template.mode, value.constant,
                    mechanism.parameter_number(value.parameter), mechanism.parameter_number(value.divisor), value.of,
                    value.of_at, value.whole, template.delay, mechanism.parameter_number(template.delay_by),
                    mechanism.parameter_number(template.ramp),
                )
            )  # fmt: skip

    def _add_wanted(self, variant: Variant, mechanism: Mechanism) -> None:
        for alternative, remedies in enumerate(variant.remedies):
            for remedy in remedies:
                wish = wish_of(remedy.predicate, remedy.setting or "", mechanism)
                self._wanted.append(
                    (alternative, wish.code, _WHERE[remedy.where], wish.column, wish.factor, wish.of_template, wish.of)
                )


def _config_row(mechanism: Mechanism) -> int:
    """The row that is the change of configuration: the last that sets something where it was changed."""
    assert mechanism.config is not None
    fit = [k for k, row in enumerate(mechanism.rows) if row.where == mechanism.config.where and row.mode == at.SET]
    from simcore.kernel import keys

    exact = [k for k in fit if mechanism.rows[k].column == keys.COLUMN[mechanism.config.key]]
    return (exact or fit)[-1]


@lru_cache(maxsize=4096)
def settings_of(
    difficulty: float, no_fault: float, self_healing: float, multi: float, availability: float, latency_ms: float,
    stabilization_s: float, max_steps: int,
) -> Floats:  # fmt: skip
    """What holds for a whole draw, as the kernel takes it."""
    row = np.zeros(plan.SETTING_COLUMNS)
    row[plan.D_DIFFICULTY], row[plan.D_NO_FAULT], row[plan.D_SELF_HEALING] = difficulty, no_fault, self_healing
    row[plan.D_MULTI_FAULT], row[plan.D_AVAILABILITY], row[plan.D_LATENCY_MS] = multi, availability, latency_ms
    row[plan.D_STABILIZATION_S], row[plan.D_MAX_STEPS] = stabilization_s, max_steps
    row[plan.D_DISTRACTORS] = 0.08 + 0.3 * difficulty
    return row
