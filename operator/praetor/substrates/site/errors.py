"""What can be wrong with a site that does answer."""

from simcore.errors import SimcoreError


class SiteError(SimcoreError):
    """The site answers, and not as its contract says."""


class MissingEndpointError(SiteError):
    """The site does not have this endpoint."""


class WrongShapeError(SiteError):
    """The answer has another shape than the contract's; the text says where."""


class UnclearError(SiteError):
    """What came back of a change does not say whether it was made: a gateway's 502, or nothing of the contract."""


class RefusedError(SiteError):
    """The site does not make this change; the text is its own."""
