"""Asking an ASGI app without a network: one request, or one WebSocket handshake."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

HOST = "127.0.0.1:8642"
OWN = f"http://{HOST}"


@dataclass
class Answer:
    status: int
    headers: list
    body: bytes

    def header(self, name):
        values = [value.decode() for key, value in self.headers if key.decode() == name]
        assert len(values) <= 1, values
        return values[0] if values else None

    @property
    def text(self):
        return self.body.decode()


def in_a_loop(coroutine):
    """What the coroutine returns, run in a thread of its own: the main thread's loop may be a browser's."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


def scope_of(kind, address, headers):
    path, _, query = address.partition("?")
    headers = {"host": HOST, **headers}
    pairs = [(k.encode(), v.encode()) for k, value in headers.items() for v in ([value] if value is not None else [])]
    return {
        "type": kind,
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": pairs,
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8642),
        "scheme": "http" if kind == "http" else "ws",
    }


def ask(app, address, method="GET", body=b"", **headers):
    """The answer to one request. Headers by keyword, `_` for `-`; a host of None sends none."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    sent = []

    async def run():
        waiting = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive():
            return waiting.pop() if waiting else {"type": "http.disconnect"}

        async def send(message):
            sent.append(message)

        await app({**scope_of("http", address, headers), "method": method}, receive, send)

    in_a_loop(run())
    return Answer(
        sent[0]["status"], sent[0].get("headers", []), b"".join(message.get("body", b"") for message in sent[1:])
    )


def shake(app, address, **headers):
    """What the app answers to a WebSocket handshake, first: a message such as websocket.accept."""
    sent = []

    async def run():
        waiting = [{"type": "websocket.disconnect", "code": 1001}, {"type": "websocket.connect"}]

        async def receive():
            return waiting.pop() if waiting else await asyncio.sleep(3600)

        async def send(message):
            sent.append(message)

        scope = {**scope_of("websocket", address, headers), "subprotocols": []}
        await asyncio.wait_for(app(scope, receive, send), 30)

    in_a_loop(run())
    return sent[0]
