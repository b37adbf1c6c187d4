"""Who may approve what a run waits to do: entries of `spec.approvals`, and the admission policy that guards them.

The policy is what makes an entry worth something: it sees who writes. An operator that does not find it as it is here,
with its binding, honours no approval.
"""

from typing import Any, Literal

from pydantic import Field

from praetor.resources.meta import GROUP, VERSION
from praetor.resources.wire import Wire

APPROVE_VERB = "approve"
POLICY_NAME = f"incidentrun-approvals.{GROUP}"
ADMISSION_API = "admissionregistration.k8s.io/v1"
MOST_APPROVALS = 24


class Approval(Wire):
    """One person's word on one change."""

    request: str = Field(
        min_length=16,
        max_length=16,
        pattern=r"^[0-9a-f]{16}$",
        description="Which change: `status.awaiting.request` has it.",
    )
    decision: Literal["Approve", "Deny"] = Field("Approve", description="Whether it may be made.")
    by: str = Field(
        min_length=1, max_length=253, description="Who decided, by the name that the API server knows them by."
    )
    reason: str = Field("", max_length=300, description="Why; the policy and the report are told.")


_OLD = "request.operation == 'CREATE' || !has(oldObject.spec.approvals) ? [] : oldObject.spec.approvals"
_NEW = "!has(object.spec.approvals) ? [] : object.spec.approvals"
_MAY = (
    f"authorizer.group('{GROUP}').resource('incidentruns').namespace(request.namespace).name(request.name)"
    f".check('{APPROVE_VERB}').allowed()"
)
_VALIDATIONS = (
    ("request.operation != 'CREATE' || variables.new.size() == 0", "spec.approvals: a new run has none", "Invalid"),
    ("variables.old.all(entry, entry in variables.new)", "spec.approvals: entries stay as they are", "Invalid"),
    (
        "variables.added.all(entry, entry.by == request.userInfo.username)",
        "spec.approvals: `by` is the name of who writes the entry",
        "Forbidden",
    ),
    (
        f"variables.added.size() == 0 || {_MAY}",
        f"spec.approvals: this needs the verb {APPROVE_VERB} on incidentruns",
        "Forbidden",
    ),
)


def admission_policy() -> dict[str, Any]:
    """The ValidatingAdmissionPolicy: none at creation, append-only, `by` is who writes, and they have the verb."""
    rule = {
        "apiGroups": [GROUP],
        "apiVersions": [VERSION],
        "operations": ["CREATE", "UPDATE"],
        "resources": ["incidentruns"],
    }
    return _object(
        "ValidatingAdmissionPolicy",
        {
            "failurePolicy": "Fail",
            "matchConstraints": {"resourceRules": [rule]},
            "variables": [
                {"name": "old", "expression": _OLD},
                {"name": "new", "expression": _NEW},
                {"name": "added", "expression": "variables.new.filter(entry, !(entry in variables.old))"},
            ],
            "validations": [
                {"expression": expression, "message": message, "reason": reason}
                for expression, message, reason in _VALIDATIONS
            ],
        },
    )


def admission_binding() -> dict[str, Any]:
    return _object("ValidatingAdmissionPolicyBinding", {"policyName": POLICY_NAME, "validationActions": ["Deny"]})


def _object(kind: str, spec: dict[str, Any]) -> dict[str, Any]:
    metadata = {"name": POLICY_NAME, "labels": {"app.kubernetes.io/part-of": "praetor"}}
    return {"apiVersion": ADMISSION_API, "kind": kind, "metadata": metadata, "spec": spec}


def complaint_about(policy: dict[str, Any] | None, binding: dict[str, Any] | None, run_made_at: str) -> str:
    """Why approvals of a run are not honoured, "" if they are. The objects as the API server has them, None for what
    is not there; a run that is older than its guard may have been given anything."""
    for found, wanted in ((policy, admission_policy()), (binding, admission_binding())):
        if found is None:
            return f"the {wanted['kind']} {POLICY_NAME} is not installed (kubectl apply -f crds/)"
        if not _holds(found["spec"], wanted["spec"]):
            return f"the {wanted['kind']} {POLICY_NAME} is not as this version writes it (kubectl apply -f crds/)"
        if found["metadata"]["creationTimestamp"] > run_made_at:
            return f"the run is older than the {wanted['kind']} {POLICY_NAME}, which would have guarded its approvals"
    return ""


_EVERYTHING = {
    "matchPolicy": "Equivalent", "namespaceSelector": {}, "objectSelector": {}, "scope": "*",
}  # fmt: skip
"""What the API server fills in, and changes nothing."""


def _holds(found: Any, wanted: Any) -> bool:
    """Whether it says what is wanted and nothing that narrows it."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        extra = found.keys() - wanted.keys()
        return all(_EVERYTHING.get(name, ...) == found[name] for name in extra) and all(
            name in found and _holds(found[name], wanted[name]) for name in wanted
        )
    if isinstance(wanted, list) and isinstance(found, list):
        return len(found) == len(wanted) and all(_holds(*pair) for pair in zip(found, wanted, strict=True))
    return bool(found == wanted)
