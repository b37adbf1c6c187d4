"""What the environment says of itself."""

from typing import Any

from praetor.openenv.tasks import ENV_NAME

ABOUT: dict[str, Any] = {
    "name": ENV_NAME,
    "description": (
        "An on-call engineer's incidents: a page comes in, ten typed actions investigate and repair a simulated system"
        " of microservices, and the reward says whether the cause was found and the fix held."
    ),
    "readme_content": None,
    "author": "Praetor",
    "documentation_url": None,
}
