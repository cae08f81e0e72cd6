"""A reader without a browser: speaks to a lesson as marimo's page does, over HTTP and its WebSocket."""

import asyncio
import json
import secrets
import urllib.error
import urllib.request
from contextlib import asynccontextmanager

import websockets


def fetch(served, path, method="GET", body=None, **headers):
    """Status, headers and text of one request."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(f"{served.address}{path}", data=body, method=method, headers=headers)
    try:
        with urllib.request.build_opener(_Still).open(request, timeout=60) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


class _Still(urllib.request.HTTPRedirectHandler):
    """Follows no redirect."""

    def redirect_request(self, *_):
        return None


class Reader:
    """One open lesson.

    Attributes:
        html: what the cells have shown. models: the widgets' values, by id, in the order they came.
    """

    def __init__(self, served, slug, session_id, socket):
        self.served, self.slug, self.session_id, self.socket = served, slug, session_id, socket
        self.html, self.models, self.errors, self.is_complete = "", {}, [], False

    async def until(self, is_so):
        """Read on until `is_so(self)`."""
        while not is_so(self):
            self._take(json.loads(await self.socket.recv()))

    def _take(self, message):
        data = message["data"]
        if message["op"] == "completed-run":
            self.is_complete = True
        elif message["op"] == "cell-op" and data.get("output"):
            self.html += str(data["output"].get("data"))
            if data["output"].get("channel") == "marimo-error":
                self.errors.append(data["output"])
        elif message["op"] == "model-lifecycle" and data["message"]["method"] in ("open", "update"):
            self.models.setdefault(data["model_id"], {}).update(data["message"]["state"])

    def panels(self):
        """The live panels: (id, values) of each widget that has some controls."""
        return [(key, state) for key, state in self.models.items() if state.get("face") == "panel"]

    async def set(self, model_id, **values):
        """Move controls, as the widget's script does."""
        state = {"values": {**self.models[model_id]["values"], **values}}
        message = {"method": "update", "state": state, "bufferPaths": []}
        body = json.dumps({"modelId": model_id, "message": message, "buffers": []}).encode()
        headers = {"Content-Type": "application/json", "Origin": self.served.address}
        status, _, text = await asyncio.to_thread(
            fetch,
            self.served,
            f"/{self.slug}/api/kernel/set_model_value",
            "POST",
            body,
            **headers,
            **{"Marimo-Session-Id": self.session_id},
        )
        assert status == 200, text


@asynccontextmanager
async def open_lesson(served, slug, language):
    """A `Reader` of the lesson, after its page has been fetched."""
    status, _, page = await asyncio.to_thread(fetch, served, f"/{slug}/?lang={language}")
    assert status == 200, page
    session_id = f"s_{secrets.token_hex(3)}"
    address = f"ws{served.address.removeprefix('http')}/{slug}/ws?session_id={session_id}&lang={language}"
    async with websockets.connect(address, origin=served.address, max_size=None, open_timeout=60) as socket:
        yield Reader(served, slug, session_id, socket)
