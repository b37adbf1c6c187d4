"""What goes wrong with a pod that should be an environment. The library's contract wants these two built-in bases."""


class EnvironmentStartError(RuntimeError):
    """The environment cannot start, and waiting longer would not help; the text has the pod's own reason."""


class EnvironmentNotReadyError(TimeoutError):
    """The environment did not get ready in time; the text says what it was waiting for."""
