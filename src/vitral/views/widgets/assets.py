"""The browser's half of the widgets: one script and one style sheet, put together from `js/`.

A widget's script has to be one module that imports nothing, so that it works offline and in every notebook. The files
in `js/` are plain scripts in one scope: `base.js` first, then one file for each kind of drawing, `panel.js` last, which
exports `{ render }`.
"""

from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "js"


@cache
def esm() -> str:
    """The module that every widget of Vitral runs in the browser."""
    last = _FOLDER / "panel.js"
    first = _FOLDER / "base.js"
    others = sorted(path for path in _FOLDER.glob("*.js") if path not in (first, last))
    return "\n".join(path.read_text(encoding="utf-8") for path in (first, *others, last))


@cache
def css() -> str:
    """The widgets' style sheet."""
    return (_FOLDER / "widgets.css").read_text(encoding="utf-8")
