"""Every live panel of every lesson: it draws, says what it draws, stays small, uses its words, and refuses nonsense."""

import json
import re

import pytest
from ready import TEXTS, cases, words_of_one_language

from vitral.course import lesson
from vitral.views.widgets.drawings import ROLES

PICTURES = ("bars", "boundary", "curves", "heat", "network", "surface")
GIVEN_TO_KERAS = {"1.8": {"sigmoid"}}  # names that are code there, and words in other lessons
MOST_BYTES = 60_000  # of one answer: what a phone on a slow network still gets at once


class Words(dict):
    """The words of a panel, which remember who asked for them."""

    def __init__(self, words):
        super().__init__(words)
        self.asked = set()

    def __getitem__(self, key):
        self.asked.add(key)
        return super().__getitem__(key)

    def get(self, key, default=None):
        self.asked.add(key)
        return super().get(key, default)


@pytest.mark.parametrize(("number", "name"), cases("live"))
def test_a_panel(number, name):
    found = lesson(number, "es")
    words = Words(TEXTS[number]["es"].block("live", name).words)
    panel = found.experiment.LIVE[name](words, "es")
    try:
        look_at(panel.wait())
        for control in panel.controls:
            if control["kind"] == "menu":
                first = panel.values[control["name"]]
                for key, _ in control["options"]:
                    look_at(panel.set(**{control["name"]: key}))
                panel.set(**{control["name"]: first})
            elif control["kind"] == "switch":
                look_at(panel.set(**{control["name"]: not panel.values[control["name"]]}))
            elif control["kind"] == "button":
                look_at(panel.set(**{control["name"]: panel.values[control["name"]] + 1}))
            elif control["kind"] == "slider":
                before = panel.values[control["name"]]
                for value in (float("nan"), float("inf"), 10**400, "7", None, [1.0]):
                    panel.set(**{control["name"]: value})
                    assert panel.status["state"] == "failed"
                    assert panel.status["message"].startswith(f"{control['name']} must be a finite number: got ")
                panel.set(**{control["name"]: before})
        assert panel.status["state"] == "done"
    finally:
        panel.close()
    # What is said only at times (a warning, say) stands at least in the lesson's code.
    source = "\n".join(path.read_text(encoding="utf-8") for path in found.row.folder.glob("*.py"))
    leftover = {key for key in set(words) - words.asked if not re.search(rf"[\"']{re.escape(key)}[\"']", source)}
    assert leftover == set()


def look_at(panel):
    """What a reader would get from it now."""
    assert panel.status["state"] == "done", panel.status
    assert panel.drawings
    assert panel.label
    for control in panel.controls:
        assert control["kind"] == "hidden" or control["label"], control
    size = len(json.dumps(panel.drawings, allow_nan=False, ensure_ascii=False).encode())
    assert size <= MOST_BYTES
    frames = {d["frames"] for d in panel.drawings if d["frames"]}
    assert len(frames) <= 1, "drawings that play together have as many frames"
    for drawing in panel.drawings:
        if drawing["kind"] in PICTURES:
            assert drawing["alt"], drawing["title"]


@pytest.mark.parametrize(("number", "name"), cases("live"))
def test_the_panel_speaks_the_readers_language(number, name):
    """No word of one language is left in the other: controls, titles, names of axes and curves."""
    said = []
    for language in ("es", "en"):
        found = lesson(number, language)
        panel = found.live(name).wait()
        panel.close()
        said.append(texts_in([panel.controls, panel.drawings]))
    same = {text for text in set(said[0]) & set(said[1]) if words_of_one_language(text)}
    assert same - GIVEN_TO_KERAS.get(number, set()) == set()


def texts_in(value):
    """Every text that a reader reads in a payload."""
    if isinstance(value, dict):
        skipped = ("kind", "name", "role", "roles", "tone", "edits", "edits_weights", "edits_biases", "edits_inputs")
        keys = set(value) - ({*skipped, "value", "resets", "lit"} if "kind" in value else {"role"})
        if value.get("kind") == "menu":
            return [value["label"], value["hint"], *(label for _, label in value["options"])]
        return [text for key in sorted(keys) for text in texts_in(value[key])]
    if isinstance(value, list):
        return [text for v in value for text in texts_in(v)]
    return [value] if isinstance(value, str) and value not in ROLES else []
