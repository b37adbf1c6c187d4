"""Which processes of the demo site this process has started."""

import psutil


def processes_of(module: str) -> list[int]:
    children = psutil.Process().children(recursive=True)
    return [one.pid for one in children if one.is_running() and module in _command_of(one)]


def _command_of(process: psutil.Process) -> list[str]:
    try:
        return [] if process.status() == psutil.STATUS_ZOMBIE else process.cmdline()
    except psutil.Error:
        return []
