"""Real services of each framework with the adapter that `praetor site adapter` writes, each a process on loopback."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

from praetor.sites.adapter import adapter_text
from tests.controlplane.processes import free_port

FRAMEWORKS = ("fastapi", "flask", "express@4", "express@5", "go")
TOKEN = "a-secret"
PYTHON_HOOKS = """
class Mine(Ops):
    def restart(self, service, memory_limit_mb): return "restarting"
    def scale(self, service, replicas): return "scaling"
    def config(self, service, key, value):
        if key != "log.level": raise Refused("key: only log.level can be set")
        return "set"
    def rollback(self, service, to_version): raise Refused("to_version: there is v1.0")
    def break_(self, scenario): raise Refused("scenario: none is known")
    def heal(self): return "healed"
"""
FASTAPI = """
import sys, logging, uvicorn
from fastapi import FastAPI, Response
from ops_fastapi import Ops, Refused
{hooks}
app = FastAPI()
@app.get("/cart")
def cart(response: Response, fail: bool = False):
    logging.getLogger("shop").error("cart failed") if fail else None
    response.status_code = 500 if fail else 200
    return {{}}
{made}(app, service="api")
uvicorn.run(app, port=int(sys.argv[1]), log_level="warning")
"""
FLASK = """
import sys, logging
from flask import Flask, request
from ops_flask import Ops, Refused
{hooks}
app = Flask(__name__)
@app.get("/cart")
def cart():
    fail = request.args.get("fail") == "true"
    logging.getLogger("shop").error("cart failed") if fail else None
    return {{}}, 500 if fail else 200
{made}(app, service="api")
app.run(port=int(sys.argv[1]), threaded=True)
"""
EXPRESS = """
const express = require('express');
const {{ ops, Refused }} = require('./ops_express');
const app = express();
const hooks = {hooks};
ops(app, {{ service: 'api', hooks }});
app.use(express.json());
app.get('/cart', (request, response) => {{
  if (request.query.fail) console.error('cart failed');
  response.status(request.query.fail ? 500 : 200).json({{}});
}});
app.listen(Number(process.argv[2]), '127.0.0.1');
"""
EXPRESS_HOOKS = """{
  restart: () => 'restarting', scale: async () => 'scaling',
  config: ({ key }) => { if (key !== 'log.level') throw new Refused('key: only log.level can be set'); },
  rollback: () => { throw new Refused('to_version: there is v1.0'); },
  break: async () => { throw new Refused('scenario: none is known'); }, heal: () => 'healed' }"""
GO = """package main
import ("log"; "io"; "net/http"; "os"; "shop/ops")
func main() {
	o := ops.New("api")
	log.SetOutput(io.MultiWriter(os.Stderr, o))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /cart", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("fail") != "" { log.Print("error: cart failed"); w.WriteHeader(500) }
	})
	HOOKS
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], o.Handler(mux)))
}
"""
GO_HOOKS = """
	o.Hooks.Restart = func(ops.RestartBody) (string, error) { return "restarting", nil }
	o.Hooks.Scale = func(ops.ScaleBody) (string, error) { return "scaling", nil }
	o.Hooks.Config = func(ops.ConfigBody) (string, error) { return "", ops.Refused("key: only log.level can be set") }
	o.Hooks.Rollback = func(ops.RollbackBody) (string, error) { return "", ops.Refused("to_version: there is v1.0") }
	o.Hooks.Break = func(ops.BreakBody) (string, error) { return "", ops.Refused("scenario: none is known") }
	o.Hooks.Heal = func() (string, error) { return "healed", nil }
"""
GIVEN = {
    "fastapi": {"all": PYTHON_HOOKS, "restart": "\n".join(PYTHON_HOOKS.splitlines()[:3])},
    "express": {"all": EXPRESS_HOOKS, "restart": "{ restart: () => 'restarting' }"},
    "go": {"all": GO_HOOKS, "restart": GO_HOOKS.splitlines()[1]},
}
"""Which hooks are filled: all, or one; "none" are none."""
COMPLAINT_SECONDS = 240
"""Only for hangs."""
Installed = Callable[[str], Path]


def installed(package: str, folder: Path) -> Path:
    """The node_modules with this package, such as `express@4`."""
    if shutil.which("npm") is None:
        pytest.skip("no npm here: apt-get install npm")
    (folder / "package.json").write_text('{"name": "shop", "private": true}')
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", package]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=COMPLAINT_SECONDS)
    if done.returncode != 0:
        pytest.skip(f"npm cannot install {package}: {done.stderr.strip().splitlines()[0]}")
    return folder / "node_modules"


def service(
    framework: str, folder: Path, modules: Installed, hooks: str = "all", instead: tuple[str, str] = ("", "")
) -> list[str]:
    """The command of a service in this new folder; `instead` is a piece of its text and what stands for it."""
    folder.mkdir()
    if framework.startswith("express"):
        (folder / "node_modules").symlink_to(modules(framework))
        return _express_service(folder, hooks, instead)
    if framework == "go":
        return _go_service(folder, hooks)
    return _python_service(framework, folder, hooks, instead)


def _python_service(framework: str, folder: Path, hooks: str, instead: tuple[str, str]) -> list[str]:
    if find_spec(framework) is None:
        pytest.skip(f"no {framework} here: pip install {framework}")
    (folder / f"ops_{framework}.py").write_text(adapter_text(framework))
    template = {"fastapi": FASTAPI, "flask": FLASK}[framework]
    made = "Ops" if hooks == "none" else "Mine"
    text = template.format(hooks=GIVEN["fastapi"].get(hooks, ""), made=made)
    assert instead[0] in text
    (folder / "service.py").write_text(text.replace(*instead))
    return [sys.executable, "service.py"]


def _express_service(folder: Path, hooks: str, instead: tuple[str, str]) -> list[str]:
    (folder / "ops_express.js").write_text(adapter_text("express"))
    text = EXPRESS.format(hooks=GIVEN["express"].get(hooks, "{}"))
    assert instead[0] in text
    (folder / "service.js").write_text(text.replace(*instead))
    return ["node", "service.js"]


def _go_service(folder: Path, hooks: str) -> list[str]:
    go = shutil.which("go") or shutil.which("/usr/local/go/bin/go")
    if go is None:
        pytest.skip("no go here: https://go.dev/dl")
    (folder / "ops").mkdir()
    (folder / "go.mod").write_text("module shop\ngo 1.22\n")
    (folder / "ops/ops.go").write_text(adapter_text("go"))
    (folder / "main.go").write_text(GO.replace("HOOKS", GIVEN["go"].get(hooks, "")))
    for step in (["vet", "./..."], ["build", "-o", "service", "."]):
        done = subprocess.run([go, *step], cwd=folder, capture_output=True, text=True, timeout=COMPLAINT_SECONDS)
        assert done.returncode == 0, done.stderr
    return ["./service"]


@contextmanager
def serving(command: list[str], folder: Path, token: str = "") -> Iterator[str]:
    port = free_port()
    environment = os.environ | {"OPS_TOKEN": token}
    with (folder / "output").open("w") as output:
        process = subprocess.Popen([*command, str(port)], cwd=folder, env=environment, stdout=output, stderr=output)
        try:
            wait_for(port, process, folder)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(COMPLAINT_SECONDS)


def wait_for(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    ends = time.monotonic() + COMPLAINT_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            assert process.poll() is None, (folder / "output").read_text()
            assert time.monotonic() < ends, (folder / "output").read_text()
            time.sleep(0.1)
