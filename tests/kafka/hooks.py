"""A receiver of webhooks on this machine: keeps what comes, answers what it is told."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[int], int]
"""From the number of the request (0 is the first) to the status to answer with."""


@dataclass
class Hooks:
    """What has come: headers in small letters, and the body as bytes."""

    url: str
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def alerts(self) -> list[dict]:
        return [json.loads(body)["data"] for _, body in self.requests]

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.requests]


@contextmanager
def receiving(answer: Answer = lambda number: 204) -> Iterator[Hooks]:
    """Receive for the length of a block."""
    hooks, turn = Hooks(""), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            with turn:
                status = answer(len(hooks.requests))
                hooks.requests.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(status)
            if status == 302:
                self.send_header("location", "/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hooks.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield hooks
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
