"""An echo environment on the library's own `create_app`, in a source that `python3 -c` runs in any image with it."""

from openenv.core.env_server.http_server import create_app
from openenv.core.env_server.interfaces import Environment
from openenv.core.env_server.types import Action, Observation, State


class EchoAction(Action):
    message: str


class EchoObservation(Observation):
    message: str = ""


class EchoEnvironment(Environment):
    def __init__(self):
        super().__init__()
        self._state = State(episode_id="none", step_count=0)

    def reset(self, seed=None, episode_id=None, **options):
        self._state = State(episode_id=episode_id or "one", step_count=0)
        return EchoObservation(message="hello", reward=0.0, done=False)

    def step(self, action, timeout_s=None, **options):
        self._state.step_count += 1
        return EchoObservation(message=action.message, reward=float(len(action.message)), done=False)

    @property
    def state(self):
        return self._state


if __name__ == "__main__":
    import uvicorn

    app = create_app(EchoEnvironment, EchoAction, EchoObservation, env_name="echo")
    uvicorn.run(app, host="0.0.0.0", port=8000)
