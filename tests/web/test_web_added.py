"""A lesson from a folder of one's own, as `vitral course --with FOLDER` serves it."""

import asyncio

import pytest
from asking import in_a_loop
from reader import fetch, open_lesson


@pytest.mark.slow
def test_a_lesson_of_ones_own_is_live(serve, from_outside):
    """Its page has the course's style, its cells run, and its panel computes."""
    served = serve("--with", str(from_outside / "my_lesson"))
    status, _, gallery = fetch(served, "/?lang=es")
    assert status == 200
    assert '<a href="/6-1/?lang=es">Muchos dados</a>' in gallery
    status, _, page = fetch(served, "/6-1/?lang=es")
    assert status == 200
    assert "<title>Muchos dados · Vitral</title>" in page
    assert ".c-nav {" in page.replace("\n", " ")

    async def read():
        async with open_lesson(served, "6-1", "es") as reader:
            await reader.until(lambda r: r.is_complete)
            assert reader.errors == []
            assert "¿En qué se ponen de acuerdo muchos dados?" in reader.html
            ((key, _),) = [(k, s) for k, s in reader.panels() if s.get("controls")]
            await reader.until(lambda r: r.models[key]["drawings"])
            await reader.set(key, dice=1)
            await reader.until(lambda r: r.models[key]["drawings"][0]["items"][0][1] in range(1, 7))

    in_a_loop(asyncio.wait_for(read(), 120))
