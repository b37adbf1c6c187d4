"""What a change is answered with: a receipt, or why it was refused."""

from simcore.actions import Action, RestartService, RollbackDeployment, ScaleService, UpdateConfig
from simcore.kernel import changes
from simcore.kernel import layout as at
from simcore.observation import ChangeReceipt
from simcore.settings import BY_NAME, CONFIG_KEYS


def receipt(action: Action) -> ChangeReceipt:
    name = action.target_service or ""
    if isinstance(action, RestartService):
        limit = f" with memory limit {action.parameters.memory_limit}" if action.parameters.memory_limit else ""
        return ChangeReceipt(name, "restart", f"rollout restart of {name}{limit} started")
    if isinstance(action, ScaleService):
        return ChangeReceipt(name, "scale", f"{name} is being scaled to {action.parameters.replicas} replicas")
    if isinstance(action, RollbackDeployment):
        return ChangeReceipt(name, "rollback", f"{name} is being rolled back to {action.parameters.to_version}")
    assert isinstance(action, UpdateConfig)
    return ChangeReceipt(name, "config", f"{action.parameters.key} of {name} is now {action.parameters.value}")


def refusal_text(code: int, action: Action, versions: tuple[str, ...]) -> str:
    """What was wrong with the action, and what would be right."""
    name = action.target_service or ""
    if code == changes.UNKNOWN_SERVICE:
        return f"there is no service {name!r}; list_services names them"
    if isinstance(action, RollbackDeployment):
        version = action.parameters.to_version
        if code == changes.RUNNING_VERSION:
            return f"{name} already runs {version}"
        return f"{name} has no release {version}; it has {', '.join(versions)}"
    if isinstance(action, ScaleService):
        if code == changes.NOT_SCALABLE:
            return f"{name} has a single primary and cannot be scaled to {action.parameters.replicas} replicas"
        return f"{action.parameters.replicas} replicas of {name} are more than the {at.MAX_PODS} that fit"
    assert isinstance(action, UpdateConfig)
    return _config_refusal(code, action.parameters.key, action.parameters.value, name)


def _config_refusal(code: int, key: str, value: str, name: str) -> str:
    if code == changes.UNKNOWN_KEY:
        return f"config key {key!r} may not be set; keys are {', '.join(CONFIG_KEYS)}"
    if code == changes.WRONG_SERVICE:
        return f"{name} has no setting {key}; describe_service shows those that it has"
    try:
        BY_NAME[key].parse(value)
    except ValueError as problem:
        return f"value of {key}: {problem}"
    return f"value of {key}: {value} cannot be set"
