"""Lessons behind their addresses: what reaches marimo's server, what does not, and many readers at once."""

import asyncio
import gc
import html
import json
import re
import threading
import time
from contextlib import AsyncExitStack, contextmanager
from types import SimpleNamespace

import pytest
import websockets
from asking import OWN, ask, in_a_loop, scope_of, shake
from reader import fetch, open_lesson

from vitral.course import lesson, ready_rows
from vitral.web import bind, create_app
from vitral.web.lessons import ALLOWED, MAX_BODY, Lessons
from vitral.web.words import NOTICES

ROW = next(row for row in ready_rows() if row.number == "1.2")
SECONDS = 120
"""How long anything may take before a test gives up: much longer than on the slowest machine."""


def all_routes(routes, prefix=""):
    """(path, methods, is it a WebSocket) of every route of marimo's server, mounted ones too."""
    from starlette.routing import WebSocketRoute

    for route in routes:
        path = prefix + getattr(route, "path", "")
        if getattr(route, "routes", None):
            yield from all_routes(route.routes, path)
        elif hasattr(route, "endpoint"):
            yield path, sorted(getattr(route, "methods", None) or {"GET"}), isinstance(route, WebSocketRoute)


@pytest.fixture(scope="module")
def marimo_routes():
    from marimo._server.api.router import build_routes

    return list(all_routes(build_routes()))


# ---------------------------------------------------------------- what is shut


def test_of_all_that_marimo_serves_only_what_a_lesson_needs_is_reached(app, marimo_routes, monkeypatch):
    """Each route of marimo's server, asked for with its methods and the course's own origin."""
    reached = []

    async def marimo(scope, _receive, send):
        reached.append((scope["type"], scope.get("method"), scope["path"]))
        kind = "websocket.accept" if scope["type"] == "websocket" else "http.response.start"
        await send({"type": kind, "status": 200, "headers": []})

    async def stub(_self, _row):
        return marimo

    monkeypatch.setattr("vitral.web.lessons.Lessons.app", stub)
    monkeypatch.setattr("vitral.web.lessons.Lessons._sessions", lambda _: [(ROW.slug, "s_123456")])
    assert len(marimo_routes) > 80  # the list is the real one
    for path, methods, is_socket in marimo_routes:
        address = f"/{ROW.slug}" + re.sub(r"\{[^}]*\}", "x", path)
        if path in ("", "/"):
            continue  # the lesson's page
        if is_socket:
            shake(app, f"{address}?session_id=s_123456&lang=es", origin=OWN)
        else:
            for method in [*methods, "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]:
                answer = ask(app, address, method, origin=OWN, marimo_session_id="s_123456")
                assert answer.status in (200, 307, 403, 404)
    slug = f"/{ROW.slug}"
    assert set(reached) == {
        ("http", "GET", f"{slug}/health"),
        ("http", "HEAD", f"{slug}/health"),
        ("http", "POST", f"{slug}/api/kernel/set_model_value"),
        ("websocket", None, f"{slug}/ws"),
    }


def test_the_list_of_what_is_let_through_is_short():
    assert [(kind, methods) for kind, methods, _ in ALLOWED] == [
        ("http", ("GET", "HEAD")),
        ("http", ("GET", "HEAD")),
        ("http", ("POST",)),
        ("websocket", ()),
    ]


@pytest.mark.parametrize(
    "path",
    ["/api/kernel/run", "/api/kernel/save", "/api/kernel/scratchpad/run", "/api/kernel/execute",
     "/api/kernel/instantiate", "/api/kernel/function_call", "/api/kernel/read_code", "/api/files/list_files",
     "/api/files/update", "/api/packages/add", "/api/ai/chat", "/api/export/html", "/api/export/script",
     "/api/home/workspace_files", "/api/secrets/create", "/api/terminal", "/mcp/server", "/lsp/pylsp"],
)  # fmt: skip
def test_nothing_runs_saves_or_reads_on_the_real_server(served, path):
    body = json.dumps({"code": "1 + 1", "cellIds": ["Hbol"], "codes": ["raise SystemExit"], "path": "/etc"}).encode()
    headers = {"Origin": served.address, "Content-Type": "application/json", "Marimo-Session-Id": "s_123456"}
    status, _, text = fetch(served, f"/{ROW.slug}{path}?lang=es", "POST", body, **headers)
    assert status == 403
    assert NOTICES["unused"]["es"][0] in text
    assert fetch(served, f"/{ROW.slug}{path}", **headers)[0] == 404


@pytest.mark.parametrize("path", ["/terminal/ws", "/ws_sync", "/lsp/pylsp", "/sse", "/api/kernel/ws"])
def test_no_other_socket_opens(served, path):
    async def knock():
        address = f"ws{served.address.removeprefix('http')}/{ROW.slug}{path}?session_id=s_123456"
        with pytest.raises(websockets.InvalidStatus) as refused:
            async with websockets.connect(address, origin=served.address):
                pass
        assert refused.value.response.status_code == 403

    in_a_loop(knock())


@pytest.mark.parametrize(
    "path",
    ["/public/x", "/assets/x.js", "/public-files-sw.js", "/@file/../../x", "/@file/x", "/og/thumbnail", "/auth/login",
     "/api/version", "/api/status", "/lesson.py", "/es.md"],
)  # fmt: skip
def test_no_file_of_the_machine_is_served(served, path):
    assert fetch(served, f"/{ROW.slug}{path}")[0] == 404


def test_the_page_says_nothing_of_where_its_files_are(served):
    _, headers, page = fetch(served, f"/{ROW.slug}/?lang=es")
    assert str(ROW.folder) not in page
    assert "file://" not in page
    assert "serviceWorker" not in page
    assert headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("language", ["es", "en"])
def test_the_page_is_in_its_language_and_readable_before_anything_is_computed(served, language):
    _, _, page = fetch(served, f"/{ROW.slug}/?lang={language}")
    assert f'<html lang="{language}"' in page
    title = re.escape(html.escape(ROW.title[language]))
    assert len(re.findall(rf"<title>{title} · Vitral</title>", page)) == 1
    assert re.search(rf"<h1>{title}</h1>", page)
    head = page.partition("</head>")[0]
    assert "<title>" in head
    assert "marimo-filename" not in head
    assert not re.findall(r'(?:href|src)="(?:https?:)?//(?!youtu\.be|doi)', head)
    other = "en" if language == "es" else "es"
    assert f'href="/{ROW.slug}/?lang={other}"' in page


def test_an_address_without_a_language_leads_to_the_readers(served):
    for path in (f"/{ROW.slug}/", f"/{ROW.slug}", f"/{ROW.slug}/?lang=fr"):
        for accepted, language in (("es-ES,en;q=0.5", "es"), ("en", "en")):
            status, headers, _ = fetch(served, path, **{"Accept-Language": accepted})
            assert (status, headers["location"]) == (307, f"/{ROW.slug}/?lang={language}")
            assert headers["vary"] == "Accept-Language"


SET = f"/{ROW.slug}/api/kernel/set_model_value"


@pytest.fixture
def one_session(monkeypatch):
    """The lesson has one page open, s_123456; the bodies that reach marimo, which fails at b"bad"."""
    got = []

    async def marimo(_scope, receive, send):
        message = await receive()
        assert message["type"] == "http.request"
        got.append(message["body"])
        assert await receive() == {"type": "http.disconnect"}
        bad = message["body"] == b"bad"
        await send({"type": "http.response.start", "status": 500 if bad else 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        if bad:
            raise ValueError("no value:\nvitral.web: all is well")

    async def stub(_self, _row):
        return marimo

    monkeypatch.setattr("vitral.web.lessons.Lessons.app", stub)
    monkeypatch.setattr("vitral.web.lessons.Lessons._sessions", lambda _: [(ROW.slug, "s_123456")])
    return got


def test_a_body_longer_than_any_value_is_not_read_to_its_end(app, one_session):
    n_read = 0

    async def in_pieces(scope, receive, send):
        first = await receive()
        piece = {**first, "more_body": True}

        async def receive_piece():
            nonlocal n_read
            n_read += 1
            return piece

        await app(scope, receive_piece, send)

    asked = {"origin": OWN, "marimo_session_id": "s_123456"}
    assert ask(app, SET, "POST", b"x" * MAX_BODY, **asked).status == 200
    assert ask(app, SET, "POST", b"x" * (MAX_BODY + 1), **asked).status == 413
    assert ask(in_pieces, SET, "POST", b"x" * (MAX_BODY // 4), **asked).status == 413  # without end
    assert n_read == 5
    assert one_session == [b"x" * MAX_BODY]


def test_what_a_page_sends_is_heard_while_it_is_open(app, one_session, caplog):
    """A page from before the course was started anew is no error of the course's."""
    assert ask(app, SET, "POST", b"{}", origin=OWN, marimo_session_id="s_123456").status == 200
    for other in ("s_654321", ""):
        assert ask(app, SET, "POST", b"{}", origin=OWN, marimo_session_id=other).status == 410
    assert ask(app, SET, "POST", b"{}", origin=OWN).status == 410
    assert one_session == [b"{}"]
    assert caplog.records == []


def test_what_is_no_value_is_a_line_in_the_log(app, one_session, caplog):
    assert ask(app, SET, "POST", b"bad", origin=OWN, marimo_session_id="s_123456").status == 500
    (record,) = caplog.records
    assert record.exc_info is None
    assert "ValueError" in record.getMessage()
    assert "\n" not in record.getMessage()
    assert one_session == [b"bad"]


def test_hostile_values_harm_nobody(served):
    """On the real server; `served` sees to it that no traceback is printed."""

    async def send_them():
        async with open_lesson(served, ROW.slug, "es") as reader, open_lesson(served, ROW.slug, "en") as other:
            for one in (reader, other):
                await one.until(lambda r: r.is_complete)
            headers = {"Origin": served.address, "Content-Type": "application/json"}
            headers["Marimo-Session-Id"] = reader.session_id
            model_id, state = next((key, state) for key, state in reader.panels() if slider_of(state))
            foreign = next(key for key, _ in other.panels())
            before = {key: dict(value) for key, value in other.models.items()}
            hostile = [
                b"", b"\xff", b"[" * 100_000, b"null", b'{"modelId": 3}',
                *(
                    json.dumps({"modelId": key, "message": message, "buffers": buffers}).encode()
                    for key, message, buffers in (
                        ("nobody", {"method": "update", "state": {"values": {}}, "bufferPaths": []}, []),
                        (model_id, {"method": "update", "state": {"__class__": "x"}, "bufferPaths": []}, []),
                        (model_id, {"method": "update", "state": {"values": {}}, "bufferPaths": [["a", 9]]}, ["AA=="]),
                        (model_id, {"method": "custom", "content": {"__import__": "os"}}, []),
                        (model_id, {"method": "no such"}, []),
                        (foreign, {"method": "update", "state": {"values": {}, "controls": []}, "bufferPaths": []}, []),
                    )
                ),
            ]  # fmt: skip
            for body in hostile:
                status, _, text = await asyncio.to_thread(fetch, served, SET, "POST", body, **headers)
                assert status in (200, 400, 500), (body, status)
                assert str(ROW.folder) not in text
            value = values_of(slider_of(state))[0]
            serial = reader.models[model_id]["status"]["serial"]
            await reader.set(model_id, **{slider_of(state)["name"]: value})
            await reader.until(
                lambda r: (
                    r.models[model_id]["status"]["serial"] > serial and r.models[model_id]["status"]["state"] == "done"
                )
            )
            assert {key: other.models[key]["controls"] for key, _ in other.panels()} == {
                key: value["controls"] for key, value in before.items() if value.get("face") == "panel"
            }

    in_a_loop(asyncio.wait_for(send_them(), SECONDS))


def test_what_marimo_would_read_from_a_query_does_not_reach_it(app, monkeypatch):
    got = []

    async def marimo(scope, _receive, send):
        got.append(scope["query_string"])
        kind = "websocket.accept" if scope["type"] == "websocket" else "http.response.start"
        await send({"type": kind, "status": 200, "headers": []})

    async def stub(_self, _row):
        return marimo

    monkeypatch.setattr("vitral.web.lessons.Lessons.app", stub)
    more = "&file=/etc/passwd&kiosk=true&access_token=x"
    ask(app, f"/{ROW.slug}/health?a=b{more}")
    shake(app, f"/{ROW.slug}/ws?session_id=s_12&lang=es{more}", origin=OWN)
    assert got == [b"", b"session_id=s_12&lang=es"]
    for bad in ("", "x" * 65, "a%20b", "../x"):
        assert shake(app, f"/{ROW.slug}/ws?session_id={bad}&lang=es", origin=OWN)["type"] == "websocket.close"


# ---------------------------------------------------------------- seats


class Sockets:
    """Sockets of some lessons with so many seats, in front of a marimo that makes a session when it is told to."""

    def __init__(self, monkeypatch, max_sessions):
        self.lessons = Lessons(ready_rows(), max_sessions=max_sessions)
        self.sessions, self.tasks = {}, {}
        for row in self.lessons.rows.values():
            of_lesson = self.sessions.setdefault(row.slug, {})
            manager = SimpleNamespace(sessions=of_lesson, close_session=of_lesson.pop)
            self.lessons._managers[row.slug] = manager

        async def marimo(_scope, receive, _send):
            assert (await receive())["type"] == "websocket.connect"
            assert (await receive())["type"] == "websocket.disconnect"

        async def stub(_self, _row):
            return marimo

        monkeypatch.setattr("vitral.web.lessons.Lessons.app", stub)

    async def open(self, slug, session_id):
        """Whether the socket gets to marimo."""
        messages, sent = asyncio.Queue(), []
        messages.put_nowait({"type": "websocket.connect"})

        async def send(message):
            sent.append(message)

        scope = scope_of("websocket", f"/{slug}/ws?session_id={session_id}&lang=es", {})
        task = asyncio.create_task(self.lessons(scope, messages.get, send))
        self.tasks.setdefault((slug, session_id), []).append((task, messages))
        while not messages.empty():
            await asyncio.sleep(0)
        if sent:
            assert sent == [{"type": "websocket.close", "code": 1013, "reason": "full"}]
            await task
        return not sent

    async def close(self, slug, session_id):
        """Close the oldest socket of the session."""
        task, messages = self.tasks[slug, session_id].pop(0)
        messages.put_nowait({"type": "websocket.disconnect"})
        await task


def test_a_socket_that_is_still_connecting_has_its_seat(monkeypatch):
    sockets = Sockets(monkeypatch, 1)
    (slug, other), lessons = list(sockets.sessions)[:2], sockets.lessons

    async def run():
        assert await sockets.open(slug, "s_one")  # marimo has not made its session yet
        assert lessons.n_sessions() == 1
        assert not await sockets.open(slug, "s_two")
        assert not await sockets.open(other, "s_one")  # the same name in another lesson is another session
        assert await sockets.open(slug, "s_one")  # the same reader once more, after a lost line
        await sockets.close(slug, "s_one")
        assert not await sockets.open(slug, "s_two")  # the newer line is open still
        await sockets.close(slug, "s_one")
        assert lessons.n_sessions() == 0
        assert await sockets.open(other, "s_two")
        await sockets.close(other, "s_two")

    in_a_loop(run())


def test_sessions_that_nobody_looks_at_make_room_and_no_others(monkeypatch):
    sockets = Sockets(monkeypatch, 2)
    slug, other = list(sockets.sessions)[:2]

    async def run():
        for session_id in ("s_stays", "s_goes"):
            assert await sockets.open(slug, session_id)
            sockets.sessions[slug][session_id] = object()
        await sockets.close(slug, "s_goes")
        assert list(sockets.sessions[slug]) == ["s_stays", "s_goes"]  # kept as long as nobody needs the seat
        assert await sockets.open(slug, "s_goes")  # its reader comes back
        await sockets.close(slug, "s_goes")
        assert await sockets.open(other, "s_new")
        assert list(sockets.sessions[slug]) == ["s_stays"]
        assert not await sockets.open(other, "s_more")
        for place in ((slug, "s_stays"), (other, "s_new")):
            await sockets.close(*place)

    in_a_loop(run())


def test_more_readers_than_seats_get_a_friendly_page(serve):
    served = serve("--sessions", "2")

    async def fill():
        async with AsyncExitStack() as stack:
            for _ in range(2):
                reader = await stack.enter_async_context(open_lesson(served, ROW.slug, "es"))
                await reader.until(lambda r: r.is_complete)
            status, headers, page = await asyncio.to_thread(fetch, served, f"/{ROW.slug}/?lang=es")
            assert status == 503
            assert headers["retry-after"] == "60"
            assert NOTICES["full"]["es"][0] in page
            address = f"ws{served.address.removeprefix('http')}/{ROW.slug}/ws?session_id=s_zzzzzz&lang=es"
            with pytest.raises(websockets.InvalidStatus):
                async with websockets.connect(address, origin=served.address):
                    pass
            assert (await asyncio.to_thread(fetch, served, "/?lang=es"))[0] == 200
        # Whoever has left makes room, at once.
        async with open_lesson(served, ROW.slug, "en") as reader:
            await reader.until(lambda r: r.is_complete)

    in_a_loop(asyncio.wait_for(fill(), SECONDS))


# ---------------------------------------------------------------- many at once

N_VALUES = 6


def slider_of(state):
    """The first slider of a panel, or None."""
    return next((c for c in state["controls"] if c["kind"] == "slider"), None)


def values_of(slider):
    """Values that the slider can take, none of them its first: what does not change is not computed again."""
    n_steps = round((slider["high"] - slider["low"]) / slider["step"])
    places = {slider["low"] + round(k * n_steps / 8) * slider["step"] for k in range(9)} - {slider["value"]}
    return sorted(places)[:N_VALUES]


def drawn_here(language, controls, values):
    """What the lesson's own panel draws for `values`, in this process: the truth to compare with."""
    here = lesson(ROW.number, language)
    try:
        for name in here.experiment.LIVE:
            panel = here.live(name)
            if json.loads(json.dumps(panel.controls)) == controls:
                return json.loads(json.dumps(panel.wait().set(**values).drawings))
    finally:
        for widget in here.widgets:
            widget.close()
    raise AssertionError("no such panel")


@pytest.mark.parametrize("n_readers", [10, pytest.param(30, marks=pytest.mark.slow)])
def test_many_readers_open_a_lesson_at_once_and_each_gets_their_own(served, n_readers):
    """Different languages, different values; nobody sees an error or another reader's drawing."""

    async def read(number):
        language = ("es", "en")[number % 2]
        async with open_lesson(served, ROW.slug, language) as reader:
            await reader.until(lambda r: r.is_complete)
            assert reader.errors == []
            assert html.escape(ROW.title[language]) in reader.html
            other = "en" if language == "es" else "es"
            assert lesson(ROW.number, other).text.sections[0].heading not in reader.html
            model_id = next(key for key, state in reader.panels() if slider_of(state))
            await reader.until(lambda r: r.models[model_id]["status"]["state"] == "done")
            state = reader.models[model_id]
            slider = slider_of(state)
            value = values_of(slider)[number % N_VALUES]
            values = {**state["values"], slider["name"]: value}
            serial = state["status"]["serial"]
            await reader.set(model_id, **{slider["name"]: value})
            await reader.until(
                lambda r: (
                    r.models[model_id]["status"]["serial"] > serial
                    and r.models[model_id]["status"]["state"] != "running"
                )
            )
            state = reader.models[model_id]
            assert state["status"]["state"] == "done", state["status"]
            return language, state["controls"], values, state["drawings"]

    async def read_all():
        return await asyncio.gather(*(read(number) for number in range(n_readers)))

    shown = in_a_loop(asyncio.wait_for(read_all(), SECONDS))
    truth = {}
    for language, controls, values, drawings in shown:
        key = json.dumps([language, values], sort_keys=True)
        if key not in truth:
            truth[key] = drawn_here(language, controls, values)
        assert drawings == truth[key]
    assert len(truth) == N_VALUES  # the values differ, and so does what is drawn
    assert len({json.dumps(drawings) for drawings in truth.values()}) == N_VALUES


# ---------------------------------------------------------------- nothing stays


def test_a_page_that_is_closed_leaves_nothing_behind(monkeypatch):
    """Neither its widgets nor marimo's kernel: a server that is open all day does not grow with each page."""
    from marimo._runtime.runtime import Kernel

    from vitral.course.lesson import Lesson
    from vitral.views.widgets import Panel

    def alive():
        gc.collect()
        return [type(found) for found in gc.get_objects() if type(found) in (Kernel, Panel, Lesson)]

    monkeypatch.setattr("vitral.web.lessons.KEPT_FOR", 0)
    before = len(alive())
    with uvicorn_in_a_thread() as here:

        async def read():
            async with open_lesson(here, ROW.slug, "es") as reader:
                await reader.until(lambda r: r.is_complete)
                assert len(alive()) > before

        in_a_loop(asyncio.wait_for(read(), SECONDS))
        end = time.monotonic() + SECONDS
        while len(alive()) > before:
            assert time.monotonic() < end, alive()
            time.sleep(0.2)


@contextmanager
def uvicorn_in_a_thread():
    import uvicorn

    with bind("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        config = uvicorn.Config(create_app(port=port), log_level="warning", ws="websockets-sansio", lifespan="on")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield SimpleNamespace(address=f"http://127.0.0.1:{port}")
        finally:
            server.should_exit = True
            thread.join(30)
            assert not thread.is_alive()
