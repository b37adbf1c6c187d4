"""The program of the small shop in a namespace: one file of the standard library, the same for each service.

`python shop.py serve` answers `/` with its own work and, if it has one, its upstream's; `python shop.py users URL` asks
again and again and writes a line of JSON for each request: `{"at", "status", "ms"}`, status 0 for no answer.
"""

import http.server
import json
import os
import sys
import threading
import time
import urllib.error
import urllib.request

SLOW_S = 0.12


def serve() -> None:
    need_mib, burn_ms = int(os.environ["NEED_MIB"]), float(os.environ["BURN_MS"])
    upstream, failing = os.environ.get("UPSTREAM", ""), os.environ.get("RELEASE") == "v2"
    timeout_s = int(os.environ["CLIENT_TIMEOUT_MS"]) / 1000
    kept = bytearray(os.urandom(1 << 20)) * need_mib  # the working set, really touched
    print(f"INFO serving with {len(kept) >> 20} MiB", flush=True)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status = self.answer()
            self.send_response(status)
            self.end_headers()

        def answer(self) -> int:
            if failing:
                print("ERROR unhandled exception: KeyError: 'price'", flush=True)
                return 500
            ends = time.thread_time() + burn_ms / 1000
            while time.thread_time() < ends:
                pass
            if not upstream:
                time.sleep(SLOW_S)
                return 200
            try:
                urllib.request.urlopen(upstream, timeout=timeout_s).close()
            except TimeoutError:
                print(f"ERROR request to {upstream} timed out after {timeout_s * 1000:.0f} ms", flush=True)
                return 504
            except OSError as problem:
                timed_out = isinstance(getattr(problem, "reason", None), TimeoutError)
                told = f"timed out after {timeout_s * 1000:.0f} ms" if timed_out else f"failed: {problem}"
                print(f"ERROR request to {upstream} {told}", flush=True)
                return 504 if timed_out else 502
            return 200

        def log_message(self, *args: object) -> None:
            pass

    http.server.ThreadingHTTPServer(("", 8080), Handler).serve_forever()


def users(url: str, per_second: float) -> None:
    while True:
        threading.Thread(target=ask, args=(url,)).start()
        time.sleep(1 / per_second)


def ask(url: str) -> None:
    at, status = time.time(), 0
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            status = answer.status
    except urllib.error.HTTPError as refused:
        status = refused.code
    except OSError:
        pass
    told = json.dumps({"at": round(at, 3), "status": status, "ms": round((time.time() - at) * 1000)})
    print(told, flush=True)


if __name__ == "__main__":
    serve() if sys.argv[1] == "serve" else users(sys.argv[2], float(sys.argv[3]))
