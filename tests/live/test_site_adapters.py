"""The generated adapters in real services: they pass the check, with hooks and without, and keep strangers out."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import httpx
import pytest

from praetor.resources.conformance import Verdict
from praetor.sites.adapter import FILES, adapter_text
from praetor.sites.check import SiteUnreachableError, check_site

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
COMPLAINT_SECONDS = 240


@pytest.fixture(scope="module")
def node_modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("npm") is None:
        pytest.skip("no npm here: apt-get install npm")
    folder = tmp_path_factory.mktemp("express")
    (folder / "package.json").write_text('{"name": "shop", "private": true}')
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "express@4"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=COMPLAINT_SECONDS)
    if done.returncode != 0:
        pytest.skip(f"npm cannot install express: {done.stderr.strip().splitlines()[0]}")
    return folder / "node_modules"


def python_service(framework: str, template: str, folder: Path, hooked: bool) -> list[str]:
    if find_spec(framework) is None:
        pytest.skip(f"no {framework} here: pip install {framework}")
    (folder / f"ops_{framework}.py").write_text(adapter_text(framework))
    hooks, made = (PYTHON_HOOKS, "Mine") if hooked else ("", "Ops")
    (folder / "service.py").write_text(template.format(hooks=hooks, made=made))
    return [sys.executable, "service.py"]


def express_service(folder: Path, hooked: bool, modules: Path) -> list[str]:
    (folder / "node_modules").symlink_to(modules)
    (folder / "ops_express.js").write_text(adapter_text("express"))
    (folder / "service.js").write_text(EXPRESS.format(hooks=EXPRESS_HOOKS if hooked else "{}"))
    return ["node", "service.js"]


def go_service(folder: Path, hooked: bool) -> list[str]:
    go = shutil.which("go") or shutil.which("/usr/local/go/bin/go")
    if go is None:
        pytest.skip("no go here: https://go.dev/dl")
    (folder / "ops").mkdir()
    (folder / "go.mod").write_text("module shop\ngo 1.22\n")
    (folder / "ops/ops.go").write_text(adapter_text("go"))
    (folder / "main.go").write_text(GO.replace("HOOKS", GO_HOOKS if hooked else ""))
    for step in (["vet", "./..."], ["build", "-o", "service", "."]):
        done = subprocess.run([go, *step], cwd=folder, capture_output=True, text=True, timeout=COMPLAINT_SECONDS)
        assert done.returncode == 0, done.stderr
    return ["./service"]


def service(framework: str, folder: Path, hooked: bool, request: pytest.FixtureRequest) -> list[str]:
    folder.mkdir()
    if framework == "express":
        return express_service(folder, hooked, request.getfixturevalue("node_modules"))
    if framework == "go":
        return go_service(folder, hooked)
    return python_service(framework, {"fastapi": FASTAPI, "flask": FLASK}[framework], folder, hooked)


@contextmanager
def serving(command: list[str], folder: Path, token: str = "") -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = os.environ | {"OPS_TOKEN": token}
    with (folder / "output").open("w") as output:
        process = subprocess.Popen([*command, str(port)], cwd=folder, env=environment, stdout=output, stderr=output)
        try:
            wait_for(port, process, folder)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(10)


def wait_for(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    ends = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            assert process.poll() is None, (folder / "output").read_text()
            assert time.monotonic() < ends, (folder / "output").read_text()
            time.sleep(0.1)


@pytest.mark.parametrize("framework", FILES)
def test_an_adapter_keeps_the_contract(framework: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    folder = tmp_path / framework
    with serving(service(framework, folder, True, request), folder) as url:
        report = check_site(url, changes=True)
        assert report.complete, report
        assert {one.verdict for one in report.endpoints} == {Verdict.CONFORMANT}
        sees_what_its_users_see(url)


def sees_what_its_users_see(url: str) -> None:
    with httpx.Client(base_url=url, trust_env=False) as http:
        for fail in [{}] * 6 + [{"fail": "true"}] * 4:
            http.get("/cart", params=fail)
        metrics = http.get("/ops/metrics", params={"service": "api"}).json()
        assert metrics["error_rate_percent"] == 40.0
        assert metrics["memory_mb"] > 1
        assert http.get("/ops/health").json()["status"] == "degraded"
        assert any("cart failed" in line for line in http.get("/ops/logs", params={"service": "api"}).json()["logs"])
        assert http.get("/ops/metrics", params={"service": "nobody"}).status_code == 404
        refused = http.post("/ops/config", json={"service": "api", "key": "other", "value": 1})
        assert refused.status_code == 422
        assert refused.json()["error"] == "key: only log.level can be set"


@pytest.mark.parametrize("framework", FILES)
def test_an_adapter_without_hooks_reads_and_keeps_strangers_out(
    framework: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    folder = tmp_path / framework
    command = service(framework, folder, False, request)
    with serving(command, folder, TOKEN) as url:
        with pytest.raises(SiteUnreachableError):
            check_site(url)
        report = check_site(url, token=TOKEN, changes=True)
        missing = {one.endpoint for one in report.endpoints if one.verdict is Verdict.MISSING}
        assert report.conforms, report
        assert missing == {f"POST /ops/{name}" for name in ("restart", "scale", "config", "rollback", "break", "heal")}
    with serving(command, folder) as url:
        assert httpx.get(f"{url}/ops/health", trust_env=False).status_code == 200
        for header in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}):
            assert httpx.get(f"{url}/ops/health", headers=header, trust_env=False).status_code == 401
