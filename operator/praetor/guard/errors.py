"""What can go wrong with a URL that others named."""


class GuardedError(Exception):
    """The request was not made, or has no answer that can be used."""


class GuardError(GuardedError):
    """It must not be dialled. Trying again changes nothing."""


class UnreachableError(GuardedError):
    """There is no answer, or none in time. Trying again may help."""


class TooLargeError(GuardedError):
    """The answer is larger than anything that belongs there."""
