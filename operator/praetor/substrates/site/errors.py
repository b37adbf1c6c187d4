"""What can be wrong with a site that does answer."""

from simcore.errors import SimcoreError


class SiteError(SimcoreError):
    """The site answers, and not as its contract says."""


class MissingEndpointError(SiteError):
    """The site does not have this endpoint."""


class WrongShapeError(SiteError):
    """The answer has another shape than the contract's; the text says where."""


class RefusedError(SiteError):
    """The site does not make this change; the text is its own."""
