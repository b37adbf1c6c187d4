"""Adapters: one file for a service of somebody else's, that gives it `/ops/*`."""

from importlib.resources import files

FILES = {
    "fastapi": "ops_fastapi.py.txt",
    "flask": "ops_flask.py.txt",
    "express": "ops_express.js.txt",
    "go": "ops_http.go.txt",
}


def adapter_text(framework: str) -> str:
    """The file for a framework of `FILES`."""
    return files("praetor.sites").joinpath("adapters", FILES[framework]).read_text(encoding="utf-8")
