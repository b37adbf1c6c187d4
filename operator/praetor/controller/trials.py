"""Gathers what is known about a run's experiment."""

from pydantic import ValidationError

from praetor.controller.observed import Playable, Unplayable
from praetor.controller.questions import Questions
from praetor.controller.references import Lookup, UnusableError
from praetor.controller.sites import token_of
from praetor.controller.trial import NO_LAB, PLAN, WAITING, Trial
from praetor.resources.run import IncidentRun
from praetor.resources.site import SecretRef, TargetSite
from praetor.substrates.chaos.lab import Lab
from praetor.substrates.chaos.plan import Order, Plan
from simcore.errors import NotFoundError
from simcore.protocols import Store


class Trials:
    """Of one controller: without a lab it makes no experiments."""

    def __init__(self, lab: Lab | None, questions: Questions) -> None:
        self._lab, self._questions = lab, questions

    async def of(self, run: IncidentRun, store: Store, subject: Playable | Unplayable) -> Trial | None:
        """None for a run that breaks nothing. Raises StoreError when the store cannot say."""
        if run.spec.inject is None:
            return None
        if self._lab is None:
            return Trial(refusal=NO_LAB)
        site, plan = await _site(run, store), await _plan(run, store)
        token = await _token(run, site, plan, store)
        return Trial(
            refusal=_refusal(run, site),
            order=order_of(run, site, subject),
            plan=plan,
            token=token,
            armed=await self._lab.armed(plan) if plan and _is_arming(run) else WAITING,
            asked=dict(self._questions.asked(run.metadata.uid or "")),
        )


NO_TRIALS = Trials(None, Questions(None, lambda key: None))


def _is_arming(run: IncidentRun) -> bool:
    return run.status.experiment is not None and run.status.experiment.state == "Arming"


def order_of(run: IncidentRun, site: TargetSite | None, subject: Playable | Unplayable) -> Order | None:
    """What the run wants done at the site as it is described now; None for a site that cannot be acted on."""
    if site is None or isinstance(subject, Unplayable) or subject.site is None:
        return None
    assert run.spec.inject is not None
    metadata, ref = run.metadata, site.spec.secret_ref
    return Order(
        namespace=metadata.namespace or "",
        name=metadata.name,
        uid=metadata.uid or "",
        place=subject.site,
        inject=run.spec.inject,
        rules=site.spec.chaos,
        secret=(ref.name, ref.key) if ref else None,
        protected=tuple(site.spec.guardrails.protected_services),
    )


def _refusal(run: IncidentRun, site: TargetSite | None) -> str:
    assert run.spec.target.site_ref is not None
    name = run.spec.target.site_ref.name
    if site is None:
        return f"spec.target.siteRef.name: there is no TargetSite {name!r} that can be read"
    if site.spec.chaos.allowed != "Always":
        return f"TargetSite {name!r} allows no experiments: spec.chaos.allowed is {site.spec.chaos.allowed}, not Always"
    return ""


async def _site(run: IncidentRun, store: Lookup) -> TargetSite | None:
    assert run.spec.target.site_ref is not None
    try:
        manifest = await store.get("TargetSite", run.metadata.namespace or "", run.spec.target.site_ref.name)
        return TargetSite.model_validate(manifest)
    except (NotFoundError, ValidationError):
        return None


async def _plan(run: IncidentRun, store: Store) -> Plan | None:
    """Only a plan that the status speaks of counts: one that was stored and not announced is made anew."""
    experiment = run.status.experiment
    if experiment is None or experiment.state == "Checking":
        return None
    try:
        return Plan.from_bytes(await store.get_artifact(run.metadata.namespace or "", run.metadata.name, PLAN))
    except NotFoundError:
        return None


async def _token(run: IncidentRun, site: TargetSite | None, plan: Plan | None, store: Lookup) -> str:
    """What cannot be read now is missing: who needs it says so, and asks again."""
    secret = plan.secret if plan else None
    if secret is None and site is not None and site.spec.secret_ref is not None:
        secret = (site.spec.secret_ref.name, site.spec.secret_ref.key)
    if secret is None:
        return ""
    try:
        return await token_of(SecretRef(name=secret[0], key=secret[1]), run.metadata.namespace or "", store)
    except UnusableError:
        return ""
