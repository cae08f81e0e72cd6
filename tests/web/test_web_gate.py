"""Who may speak to the server."""

import socket

import pytest
from asking import HOST, OWN, ask, shake

from vitral._errors import ArgumentError
from vitral.course import ready_rows
from vitral.web import create_app, is_loopback
from vitral.web.gate import COOKIE, LOOPBACK_NAMES, Gate, allowed_hosts, is_wildcard
from vitral.web.words import NOTICES

SLUG = ready_rows()[0].slug
TOKEN = "a-token-that-nobody-guesses"


@pytest.fixture(scope="module")
def open_app():
    """As with `--host 0.0.0.0`."""
    return create_app(host="0.0.0.0", port=8642, token=TOKEN)


async def room(scope, _receive, send):
    """Stands behind the gate and lets everybody in who gets there."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
    else:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"in"})


# ---------------------------------------------------------------- Host


@pytest.mark.parametrize("host", ["127.0.0.1:8642", "localhost:8642", "LOCALHOST:8642", "[::1]:8642"])
def test_the_servers_own_names_are_let_in(app, host):
    assert ask(app, "/", host=host).status == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example:8642", "127.0.0.1:8643", "127.0.0.1", "localhost", "127.0.0.1.evil.example:8642", "", None,
     "127.0.0.1:8642@evil.example", "192.168.1.7:8642", "localhost.:8642", "0.0.0.0:8642"],
)  # fmt: skip
def test_every_other_name_is_refused_with_a_sentence(app, host):
    answer = ask(app, "/?lang=es", host=host)
    assert answer.status == 421
    assert NOTICES["elsewhere"]["es"][0] in answer.text
    assert "perceptr" not in answer.text
    assert shake(app, f"/{SLUG}/ws?session_id=s_1", host=host, origin=f"http://{host}")["type"] == "websocket.close"


def test_two_hosts_are_none(app):
    async def twice(scope, receive, send):
        await app({**scope, "headers": [*scope["headers"], (b"host", b"evil.example")]}, receive, send)

    assert ask(twice, "/").status == 421


def test_a_server_on_every_interface_knows_addresses_in_digits_but_no_foreign_name(open_app):
    cookie = f"{COOKIE}={TOKEN}"
    for host in ("192.168.1.7:8642", "[fe80::1]:8642", "127.0.0.1:8642"):
        assert ask(open_app, "/", host=host, cookie=cookie).status == 200
    for host in ("evil.example:8642", "192.168.1.7:80", "192.168.1.7.evil.example:8642"):
        assert ask(open_app, "/", host=host, cookie=cookie).status == 421


@pytest.mark.parametrize("port", [80, 8642])
def test_browsers_leave_out_the_usual_port_alone(port):
    gate = Gate(room, hosts=allowed_hosts("0.0.0.0", port), digits_at=port)
    for host in ("192.168.1.7", "[fe80::1]", "localhost"):
        assert ask(gate, "/", host=f"{host}:{port}").status == 200
        assert ask(gate, "/", host=host).status == (200 if port == 80 else 421)
    for host in ("evil.example", f"evil.example:{port}", "192.168.1.7:8080", f"192.168.1.7:{port}:{port}"):
        assert ask(gate, "/", host=host).status == 421


@pytest.mark.parametrize(
    ("own", "names"),
    [
        ("box", {"box", "box.local"}),
        ("Box", {"box", "box.local"}),
        ("Box.Local", {"box", "box.local"}),
        ("box.school.example", {"box", "box.local", "box.school.example"}),
        ("", set()),
    ],
)
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "0:0:0:0:0:0:0:0", ""])
def test_a_server_on_every_interface_answers_to_the_machines_own_names(monkeypatch, host, own, names):
    def ask_name_servers(*_):
        raise AssertionError("a name server that is not there keeps the start waiting")

    monkeypatch.setattr(socket, "gethostname", lambda: own)
    for slow in ("getfqdn", "gethostbyaddr", "gethostbyname", "getaddrinfo"):
        monkeypatch.setattr(socket, slow, ask_name_servers)
    found = allowed_hosts(host, 9000)
    assert found == {f"{name}:9000" for name in {*LOOPBACK_NAMES, *names}}
    assert is_wildcard(host)


def test_a_named_host_is_known_by_its_name():
    assert allowed_hosts("Box.Local", 9000) == {f"{name}:9000" for name in ("box.local", *LOOPBACK_NAMES)}
    assert "[fd00::5]:9000" in allowed_hosts("FD00:0::5", 9000)
    named = create_app(host="Box.Local", port=8642, token=TOKEN)
    for host in ("box.local:8642", "BOX.local:8642"):
        assert ask(named, "/", host=host, cookie=f"{COOKIE}={TOKEN}").status == 200
    assert not is_wildcard("box.local")
    assert [is_loopback(h) for h in ("127.0.0.1", "127.9.9.9", "::1", "localhost", "0.0.0.0", "10.0.0.1", "box")] == [
        True, True, True, True, False, False, False,
    ]  # fmt: skip


# ---------------------------------------------------------------- Origin


@pytest.mark.parametrize(
    "origin", [None, "http://evil.example", "null", "http://127.0.0.1:8643", f"{OWN}.evil.example"]
)
def test_what_is_no_reading_needs_the_courses_own_origin(app, origin):
    headers = {} if origin is None else {"origin": origin}
    answer = ask(app, f"/{SLUG}/api/kernel/set_model_value?lang=en", "POST", **headers)
    assert answer.status == 403
    assert NOTICES["foreign"]["en"][0] in answer.text
    closed = shake(app, f"/{SLUG}/ws?session_id=s_abcdef&lang=es", **headers)
    assert closed["type"] == "websocket.close"


def test_reading_needs_no_origin(app):
    assert ask(app, "/").status == 200
    assert (
        ask(app, "/", origin="http://evil.example").status == 200
    )  # its answer is kept from the other page, see below


def test_the_courses_own_origin_passes():
    gate = Gate(room, hosts=[HOST])
    assert shake(gate, "/ws", origin=OWN)["type"] == "websocket.accept"
    assert ask(gate, "/x", "POST", origin=OWN).text == "in"


@pytest.mark.parametrize("address", ["/?lang=es", "/nowhere", "/favicon.svg", f"/{SLUG}/?lang=es", f"/{SLUG}/health"])
def test_every_answer_keeps_other_pages_out(app, address):
    answer = ask(app, address)
    assert answer.header("x-content-type-options") == "nosniff"
    assert answer.header("referrer-policy") == "no-referrer"
    assert answer.header("x-frame-options") == "DENY"
    assert answer.header("cross-origin-resource-policy") == "same-origin"
    policy = dict(part.strip().partition(" ")[::2] for part in answer.header("content-security-policy").split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["form-action"] == "'none'"
    assert "unsafe" not in policy["script-src"]
    assert "http" not in answer.header("content-security-policy")
    assert answer.header("access-control-allow-origin") is None


# ---------------------------------------------------------------- token


def test_without_the_token_nothing_but_the_notice(open_app):
    for address in ("/?lang=es", f"/{SLUG}/?lang=es", "/web/ahead.json", f"/{SLUG}/@file/1-x.js"):
        answer = ask(open_app, address, accept_language="es")
        assert answer.status == 401
        assert NOTICES["stranger"]["es"][0] in answer.text
    for wrong in (f"{COOKIE}=nonsense", f"{COOKIE}=", "other=1", f"{COOKIE}x={TOKEN}"):
        assert ask(open_app, "/", cookie=wrong).status == 401
    assert ask(open_app, "/?token=nonsense").status == 401
    assert ask(open_app, "/web/gallery.css").status == 200  # what dresses the notice
    assert shake(open_app, f"/{SLUG}/ws?session_id=s_1&token={TOKEN}", origin=OWN)["type"] == "websocket.close"


def test_the_token_is_kept_in_a_strict_cookie_and_leaves_the_address(open_app):
    answer = ask(open_app, f"/{SLUG}/?lang=es&token={TOKEN}")
    cookie = answer.header("set-cookie")
    assert cookie.startswith(f"{COOKIE}={TOKEN};")
    assert {"httponly", "samesite=strict", "path=/"} <= {part.strip().lower() for part in cookie.split(";")}
    assert f'content="0;url=/{SLUG}/?lang=es"' in answer.text
    assert TOKEN not in answer.text
    assert answer.header("cache-control") == "no-store"
    assert ask(open_app, "/", cookie=f"a=b; {COOKIE}={TOKEN}").status == 200
    gate = Gate(room, hosts=[HOST], token=TOKEN)
    assert shake(gate, "/ws", origin=OWN, cookie=f"{COOKIE}={TOKEN}")["type"] == "websocket.accept"


@pytest.mark.parametrize("path", ["//evil.example/", '/"><script>', "/\\evil.example"])
def test_the_way_on_leads_nowhere_else(open_app, path):
    html = ask(open_app, f"{path}?token={TOKEN}").text
    target = html.partition("0;url=")[2].partition('"')[0]
    assert target.startswith("/")
    assert not target.startswith(("//", "/\\"))
    assert "<script>" not in html


def test_a_server_that_others_reach_must_have_a_token():
    with pytest.raises(ArgumentError, match="token must be given"):
        create_app(host="0.0.0.0", port=8642)


def test_the_gate_leaves_the_servers_own_life_alone():
    seen = []

    async def inner(scope, receive, send):
        seen.append(scope["type"])
        await room(scope, receive, send)

    async def as_lifespan(scope, receive, send):
        await Gate(inner, hosts=[HOST])({**scope, "type": "lifespan"}, receive, send)

    ask(as_lifespan, "/", host="evil.example")
    assert seen == ["lifespan"]
