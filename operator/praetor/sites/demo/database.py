"""The process that becomes PostgreSQL: under another user where this one is root, with a data folder of its making."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from praetor.sites.demo.process import setup

SUPERUSER = "postgres"
_ANYBODY = "host all all all scram-sha-256\n"


def main() -> None:
    """SIGQUIT is PostgreSQL's immediate shutdown: nothing of it stays."""
    wanted = setup(end=signal.SIGQUIT)
    folder, programs = Path(wanted["folder"]), Path(wanted["bin"])
    os.chdir("/")
    if not (folder / "PG_VERSION").exists():
        _initialise(folder, programs, wanted)
    if wanted["host"] != "127.0.0.1":
        _let_in(folder / "pg_hba.conf")
    flags = [part for name, value in wanted["options"].items() for part in ("-c", f"{name}={value}")]
    program = str(programs / "postgres")
    os.execv(program, [program, "-D", str(folder), "-c", f"listen_addresses={wanted['host']}", *flags])  # noqa: S606


def _initialise(folder: Path, programs: Path, wanted: dict[str, Any]) -> None:
    with tempfile.NamedTemporaryFile("w", prefix="praetor-initdb-") as password:
        password.write(wanted["password"])
        password.flush()
        program = (str(programs / "initdb"), "-D", str(folder), "-U", SUPERUSER, "--no-sync", "--encoding=UTF8")
        options = ("--locale=C.UTF-8", "--auth=scram-sha-256", f"--pwfile={password.name}")
        done = subprocess.run((*program, *options), capture_output=True, text=True)  # noqa: S603
    if done.returncode != 0:
        sys.exit(f"FATAL:  initdb failed: {' '.join((done.stderr or done.stdout).split())}")


def _let_in(rules: Path) -> None:
    """Who comes from another machine needs its password, too."""
    text = rules.read_text()
    if _ANYBODY not in text:
        rules.write_text(text + _ANYBODY)


if __name__ == "__main__":
    main()
