"""The library's own server over PraetorEnvironment, as its users start it: `create_app` under uvicorn."""

import sys

import uvicorn
from openenv.core.env_server import create_app

from praetor.openenv import PraetorAction, PraetorEnvironment, PraetorObservation, PraetorState
from praetor.openenv.health import play_once
from praetor.web.serving import bind, url_of


def main(most: int) -> None:
    app = create_app(
        PraetorEnvironment,
        PraetorAction,
        PraetorObservation,
        env_name="praetor",
        max_concurrent_envs=most,
        state_cls=PraetorState,
    )
    play_once()
    listening = bind("127.0.0.1", 0)
    print(f"library at {url_of(listening)};", file=sys.stderr, flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listening])


if __name__ == "__main__":
    main(int(sys.argv[1]))
