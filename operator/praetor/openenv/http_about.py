"""What the server says of itself over HTTP: schemas, metadata, health, OpenEnv's Task API."""

from enum import Enum
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse, RedirectResponse, Response

from praetor.openenv import forms, protocol_errors, tasks
from praetor.openenv.about import ABOUT
from praetor.openenv.bodies import OfSplit, OneTask, TaskRange
from praetor.openenv.health import Health
from praetor.openenv.tasks import ENV_NAME

_INFO: list[str | Enum] = ["Environment Info"]
_TASKS: list[str | Enum] = ["Task API"]


def about_router(health: Health, web_url: str = "") -> APIRouter:
    """`web_url` is where people look; none is an answer of 404 on `/web`."""
    router = APIRouter()

    @router.get("/health", tags=["Health"], summary="healthy, degraded (full, or shutting down) or unhealthy.")
    async def healthy() -> JSONResponse:
        status = health.status()
        return JSONResponse({"status": status}, 503 if status == "unhealthy" else 200)

    @router.get("/metadata", tags=_INFO, summary="What this environment is.")
    async def metadata() -> dict[str, Any]:
        return ABOUT | {"version": version("praetor")}

    @router.get("/schema", tags=["Schema"], summary="JSON Schemas of actions, observations and state.")
    async def schema() -> dict[str, Any]:
        return forms.schemas()

    @router.get("/web", include_in_schema=False)
    async def web() -> Response:
        if web_url:
            return RedirectResponse(web_url)
        return protocol_errors.refusal(404, "not_found", "this server has no pages; `praetor dev` has")

    return router


def tasks_router() -> APIRouter:
    router = APIRouter(tags=_TASKS)

    @router.get("/list_environments", summary="Names of the environments here.")
    async def list_environments() -> list[str]:
        return [ENV_NAME]

    @router.get("/{env_name}/splits", summary="Task splits.")
    async def splits(env_name: str) -> Any:
        return _of(env_name, tasks.list_splits)

    @router.post("/{env_name}/tasks", summary="The first tasks of a split.")
    async def listed(env_name: str, body: OfSplit) -> Any:
        return _of(env_name, lambda: {"tasks": tasks.list_tasks(body.split), "env_name": ENV_NAME})

    @router.post("/{env_name}/num_tasks", summary="How many tasks a split has.")
    async def counted(env_name: str, body: OfSplit) -> Any:
        return _of(env_name, lambda: {"num_tasks": tasks.num_tasks(body.split)})

    @router.post("/{env_name}/task", summary="One task.")
    async def one(env_name: str, body: OneTask) -> Any:
        return _of(env_name, lambda: {"task": tasks.get_task(body.split, body.index)})

    @router.post("/{env_name}/task_range", summary="Tasks from start to stop.")
    async def some(env_name: str, body: TaskRange) -> Any:
        return _of(env_name, lambda: {"tasks": tasks.get_task_range(body.split, body.start, body.stop)})

    return router


def _of(env_name: str, told: Any) -> Any:
    if env_name.lower() != ENV_NAME:
        return protocol_errors.refusal(404, "unknown_environment", f"unknown environment {env_name!r}")
    return told()
