"""Lesson Markdown as HTML that stands alone: formulas become MathML, which browsers draw without a script."""

import re
import threading
from functools import cache
from html import unescape
from xml.etree import ElementTree

import markdown
from latex2mathml.converter import convert

from vitral.course.texts import TextError

_EXTENSIONS = ("tables", "pymdownx.arithmatex", "pymdownx.highlight", "pymdownx.superfences", "pymdownx.tilde")
_CONFIGS = {
    "pymdownx.arithmatex": {
        "generic": True,
        "inline_tag": "x-tex",
        "block_tag": "x-tex",
        "tex_inline_wrap": ["inline:", ""],
        "tex_block_wrap": ["block:", ""],
    },
    "pymdownx.highlight": {"use_pygments": True, "css_class": "e-code"},
    "pymdownx.superfences": {"disable_indented_code_blocks": True, "css_class": "e-code"},
}
_FENCE = re.compile(r"^(```|~~~).*?^\1[ \t]*$", re.DOTALL | re.MULTILINE)
_lock = threading.Lock()
_MATHML = "{http://www.w3.org/1998/Math/MathML}"
_ROWS = {f"{_MATHML}{name}" for name in ("math", "mrow", "mstyle", "mtd", "msqrt")}
_SCRIPTS = {f"{_MATHML}{name}" for name in ("msub", "msup", "msubsup", "munder", "munderover")}
_NO_OPERAND = {f"{_MATHML}{name}" for name in ("mo", "mspace")}
ElementTree.register_namespace("", _MATHML.strip("{}"))
_ITEM = r"(?:[-*+]|\d+\.)[ ]"


def to_html(text: str) -> str:
    """Blocks of Markdown as HTML; formulas as MathML, code with its parts marked.

    Raises:
        TextError: a formula that is no LaTeX.
    """
    with _lock:  # one converter serves all the readers' threads
        html = _renderer().reset().convert(_with_air(text))
    html = re.sub(r'<x-tex class="arithmatex">(inline|block):(.*?)</x-tex>', _formula, html, flags=re.DOTALL)
    # An address of the course's server leads nowhere from a file: its words stay.
    html = re.sub(r'<a href="/[^"]*"[^>]*>(.*?)</a>', r"\1", html, flags=re.DOTALL)
    return html.replace("<pre>", '<pre tabindex="0">')


def to_inline(text: str) -> str:
    """One line of Markdown, as in a heading, as HTML without a paragraph around it."""
    return re.sub(r"\A<p>(.*)</p>\Z", r"\1", to_html(text), flags=re.DOTALL)


@cache
def _renderer() -> markdown.Markdown:
    return markdown.Markdown(extensions=list(_EXTENSIONS), extension_configs=_CONFIGS, tab_length=2)


def _with_air(text: str) -> str:
    """Blank lines where Markdown wants them and marimo does not: before a list, around a displayed formula."""
    code: list[str] = []

    def keep(found: re.Match[str]) -> str:
        code.append(found[0])
        return f"\x00{len(code) - 1}\x00"

    text = _FENCE.sub(keep, text)
    text = re.sub(rf"^(?![ \t]*{_ITEM})(\S.*\n)(?={_ITEM})", r"\1\n", text, flags=re.MULTILINE)
    text = re.sub(r"^\$\$$(.*?)^\$\$$", r"\n$$\1$$\n", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"\x00(\d+)\x00", lambda found: code[int(found[1])], text)


def _formula(found: re.Match[str]) -> str:
    source = unescape(found[2]).strip()
    try:
        math = ElementTree.fromstring(convert(_as_known(source), display=found[1]))
    except Exception as error:  # latex2mathml has many kinds
        raise TextError(f"a formula must be LaTeX: got {source!r} ({type(error).__name__}). Mend it.") from error
    if unknown := re.search(r"\\[A-Za-z]+", "".join(math.itertext())):  # it is passed on as if it were a letter
        raise TextError(f"a formula must be LaTeX: got {source!r}, where {unknown[0]} is not known. Mend it.")
    _space_functions(math)
    _align_columns(math)
    math.set("alttext", source)
    written = ElementTree.tostring(math, encoding="unicode")
    return f'<div class="e-formula" tabindex="0">{written}</div>' if found[1] == "block" else written


def _as_known(source: str) -> str:
    """The same formula in the words that latex2mathml knows: `aligned` by its other name, rows without their gaps."""
    source = re.sub(r"\\(begin|end)\{aligned\}", r"\\\1{align*}", source)
    return re.sub(r"\\\\\s*\[[^\]]*\]", r"\\\\", source)


def _space_functions(math: ElementTree.Element) -> None:
    """A thin space around ln, tanh or max, as TeX has it: `t ln p`, not `tlnp`."""
    for row in math.iter():
        if row.tag not in _ROWS:
            continue
        parts = list(row)
        for at in range(len(parts) - 1, 0, -1):
            left, right = parts[at - 1], parts[at]
            touches_right = _is_function(left) and right.tag not in _NO_OPERAND
            touches_left = _is_function(right) and left.tag not in _NO_OPERAND
            if touches_right or touches_left:
                row.insert(at, ElementTree.Element(f"{_MATHML}mspace", width="0.167em"))


def _align_columns(math: ElementTree.Element) -> None:
    """Browsers' MathML leaves the columns of a table to the style."""
    for cell in math.iter(f"{_MATHML}mtd"):
        side = cell.get("columnalign", "center")
        gap = "0" if side == "right" else "0.5em"
        # Chromium sets the cell's content as a block, which the plain values do not move.
        cell.set("style", f"text-align: {side}; text-align: -webkit-{side}; padding: 0.25em {gap} 0.25em 0")


def _is_function(part: ElementTree.Element) -> bool:
    """Whether it is a function's name, with or without an index."""
    if part.tag in _SCRIPTS and len(part):
        part = part[0]
    return part.tag in (f"{_MATHML}mi", f"{_MATHML}mo") and re.fullmatch(r"[a-z]{2,}", part.text or "") is not None
