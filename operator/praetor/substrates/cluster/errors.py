"""What can be wrong with a namespace, or with what is asked of it."""

from simcore.errors import SimcoreError


class NamespaceError(SimcoreError):
    """The namespace cannot be acted on; the text says why, and what would help."""


class RefusedChangeError(SimcoreError):
    """This change is not made; the text says why, and what would be accepted."""
