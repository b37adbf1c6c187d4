"""Why an experiment is not made."""

from simcore.errors import SimcoreError


class ChaosRefusedError(SimcoreError):
    """It must not or cannot be made, now or later; nothing was changed, or what was has an undo."""
