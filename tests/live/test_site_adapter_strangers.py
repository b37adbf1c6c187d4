"""The generated adapters keep strangers out, whatever path leads to what they guard, and outlive bad requests."""

import http.client
import socket
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from praetor.resources.conformance import Verdict
from praetor.sites.check import check_site
from tests.support.adapted_services import FRAMEWORKS, TOKEN, Installed, service, serving

KNOWN = {"Authorization": f"Bearer {TOKEN}"}
WAYS = (
    "/ops/heal", "/OPS/heal", "/Ops/Heal", "//ops/heal", "/ops//heal", "/ops/heal/", "/ops/./heal", "/cart/../ops/heal",
    "/%6fps/heal", "/ops%2Fheal", "/ops/heal?service=api", "/ops/heal;x",
)  # fmt: skip
ELSEWHERE = {
    "fastapi, mounted": ("fastapi", "/shop", "uvicorn.run(app", """
main = FastAPI()
main.mount("/shop", app)
uvicorn.run(main"""),
    "fastapi, behind a proxy": ("fastapi", "/shop", "app = FastAPI()", "app = FastAPI(root_path='/shop')"),
    "flask, mounted": ("flask", "/shop", "app.run(", """
from werkzeug.middleware.dispatcher import DispatcherMiddleware
app.wsgi_app = DispatcherMiddleware(Flask("main").wsgi_app, {"/shop": app.wsgi_app})
app.run("""),
    "express@4, mounted": ("express@4", "/shop", "app.listen", "express().use('/shop', app).listen"),
    "express@5, mounted": ("express@5", "/shop", "app.listen", "express().use('/shop', app).listen"),
}  # fmt: skip


def healed(url: str, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
    """(status, body) of a change at this path, sent as it is written."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=240)
    try:
        connection.request("POST", path, body=b"{}", headers={"Content-Type": "application/json"} | headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_no_way_of_writing_a_path_passes_the_guard(framework: str, tmp_path: Path, modules: Installed) -> None:
    folder = tmp_path / framework
    with serving(service(framework, folder, modules), folder, TOKEN) as url:
        assert healed(url, "/ops/heal", KNOWN)[0] == 200
        for way in WAYS:
            status, body = healed(url, way, {})
            assert status >= 300, way
            assert b"healed" not in body, way


@pytest.mark.parametrize("where", ELSEWHERE)
def test_a_service_that_is_mounted_elsewhere_is_guarded_too(where: str, tmp_path: Path, modules: Installed) -> None:
    framework, prefix, *instead = ELSEWHERE[where]
    folder = tmp_path / framework
    with serving(service(framework, folder, modules, instead=(instead[0], instead[1])), folder, TOKEN) as url:
        for method, path in (("GET", "/ops/health"), ("GET", "/ops/logs"), ("POST", "/ops/heal")):
            answer = httpx.request(method, f"{url}{prefix}{path}", json={}, trust_env=False, timeout=240)
            assert (answer.status_code, answer.json()) == (401, {"error": "send Authorization: Bearer TOKEN"})
        report = check_site(f"{url}{prefix}", token=TOKEN, changes=True)
        assert {one.verdict for one in report.endpoints} == {Verdict.CONFORMANT}
        counts_only_its_users(f"{url}{prefix}")


def counts_only_its_users(url: str) -> None:
    with httpx.Client(base_url=url, headers=KNOWN, trust_env=False, timeout=240) as http:
        told = [http.get("/ops/metrics", params={"service": "api"}).json()]
        http.get("/cart")
        told.append(http.get("/ops/metrics", params={"service": "api"}).json())
    assert [one["requests_per_second"] > 0 for one in told] == [False, True]


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_without_a_token_only_this_machine_may_ask(framework: str, tmp_path: Path, modules: Installed) -> None:
    folder = tmp_path / framework
    with serving(service(framework, folder, modules, "none"), folder) as url:
        assert httpx.get(f"{url}/ops/health", trust_env=False, timeout=240).status_code == 200
        for header in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}):
            assert httpx.get(f"{url}/ops/health", headers=header, trust_env=False, timeout=240).status_code == 401


@pytest.mark.parametrize("framework", ["express@4", "express@5"])
def test_a_body_that_breaks_off_or_is_too_long_ends_no_process(
    framework: str, tmp_path: Path, modules: Installed
) -> None:
    folder = tmp_path / framework
    with serving(service(framework, folder, modules), folder, TOKEN) as url:
        for _ in range(3):
            breaks_off(url)
        for length in (70_000, 5_000_000):
            long = httpx.post(f"{url}/ops/heal", content=b" " * length, headers=KNOWN, trust_env=False, timeout=240)
            assert (long.status_code, long.json()["error"]) == (413, "the body is too long")
        assert healed(url, "/ops/heal", KNOWN)[0] == 200


def breaks_off(url: str) -> None:
    """Declares more than it sends, and goes."""
    address = urlsplit(url)
    head = f"POST /ops/heal HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: Bearer {TOKEN}\r\n"
    with socket.create_connection((address.hostname, address.port), 240) as raw:
        raw.sendall(f"{head}Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{{".encode())
        raw.shutdown(socket.SHUT_WR)
        while raw.recv(1000):
            pass
