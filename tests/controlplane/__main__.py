"""`python -m tests.controlplane assets` prints where the binaries are; `... start` runs a server."""

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from tests.controlplane.assets import AssetsMissingError, find_assets
from tests.controlplane.server import ControlPlane, start_control_plane


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.controlplane", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("assets", help="print the directory of etcd, kube-apiserver and kubectl")
    starting = commands.add_parser("start", help="start a server, print KUBECONFIG=..., end at SIGTERM or Ctrl-C")
    starting.add_argument("--controllers", action="store_true", help="with the garbage collector")
    options = parser.parse_args()
    try:
        assets = find_assets()
    except AssetsMissingError as problem:
        print(problem, file=sys.stderr)
        return 2
    if options.command == "assets":
        print(assets)
        return 0
    return _serve(assets, with_controllers=options.controllers)


def _serve(assets: Path, *, with_controllers: bool) -> int:
    stopping = {signal.SIGINT, signal.SIGTERM}
    with tempfile.TemporaryDirectory(prefix="praetor-controlplane-") as directory:
        server: ControlPlane = start_control_plane(assets, Path(directory))
        try:
            if with_controllers:
                server.start_controllers()
            signal.pthread_sigmask(signal.SIG_BLOCK, stopping)
            print(f"KUBECONFIG={server.kubeconfig}", flush=True)
            signal.sigwait(stopping)
        finally:
            server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
