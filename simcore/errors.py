"""Every error that simcore raises on purpose, as one tree."""


class SimcoreError(Exception):
    """Base of all errors raised on purpose; its text says what was wrong, where, and what would be right."""


class ActionError(SimcoreError, ValueError):
    """A malformed action: `field` is the dotted path of the offending field, or "" for the whole."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class ScenarioError(SimcoreError, ValueError):
    """A scenario that cannot be used: `path` is the dotted path inside the document, `line` its 1-based line."""

    def __init__(self, message: str, *, file: str = "", path: str = "", line: int | None = None) -> None:
        place = ":".join(str(part) for part in (file, line) if part)
        where = ": ".join(part for part in (place, path) if part)
        super().__init__(f"{where}: {message}" if where else message)
        self.reason, self.file, self.path, self.line = message, file, path, line


class UnknownNameError(SimcoreError, LookupError):
    """A scenario, policy or split that does not exist; the text lists those that do."""


class StoreError(SimcoreError):
    """Base of the errors of a Store."""


class NotFoundError(StoreError):
    """The object or artifact does not exist (any more)."""


class AlreadyExistsError(StoreError):
    """Another object has that name already."""


class ConflictError(StoreError):
    """The object changed since it was read: read it again and decide anew."""


class InvalidObjectError(StoreError):
    """The store refused the object; the text names the field and what was expected."""


class DeniedError(StoreError):
    """The store knows this process, or not, and does not let it do that: trying again will not help."""


class UnavailableError(StoreError):
    """The store cannot answer now: try again, after `retry_after_seconds` where it said when."""

    def __init__(self, message: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds
