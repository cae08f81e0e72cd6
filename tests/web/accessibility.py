"""What somebody who hears the page, or uses only a keyboard, would miss; from the browser's own accessibility tree."""

from itertools import pairwise

NAMED = {
    "heading", "button", "link", "textbox", "searchbox", "spinbutton", "slider", "combobox", "listbox", "checkbox",
    "radio", "switch", "menuitem", "tab", "image", "meter", "progressbar", "canvas", "application",
    "DisclosureTriangle",
}  # fmt: skip
"""Roles that say nothing without a name."""

_SAME = {"img": "image", "SvgRoot": "image", "graphics-document": "image", "Canvas": "canvas"}


def nodes_of(page):
    """(role, name, properties) of each node of the page's accessibility tree, in reading order."""
    session = page.context.new_cdp_session(page)
    found = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    by_id = {node["nodeId"]: node for node in found}
    waiting, seen = [found[0]["nodeId"]], []
    while waiting:
        node = by_id.get(waiting.pop())
        if node is None:
            continue
        waiting += reversed(node.get("childIds", []))
        if not node["ignored"]:
            properties = {p["name"]: p["value"].get("value") for p in node.get("properties", [])}
            name = (node.get("name", {}).get("value") or "").strip()
            role = node["role"]["value"]
            seen.append((_SAME.get(role, role), name, properties))
    return seen


def problems_of(page):
    """Sentences that say what is wrong; an empty list where nothing is."""
    problems = []
    nodes = nodes_of(page)
    for role, name, _ in nodes:
        if role in NAMED and not name:
            problems.append(f"{'an' if role[0] in 'aeio' else 'a'} {role} has no name")
    levels = [properties.get("level") for role, _, properties in nodes if role == "heading"]
    if not levels or levels[0] != 1 or levels.count(1) != 1:
        problems.append(f"the page must begin with its one heading of level 1: the levels are {levels}")
    for before, after in pairwise(levels):
        if after > before + 1:
            problems.append(f"a heading of level {after} follows one of level {before}")
    if [role for role, _, _ in nodes].count("main") != 1:
        problems.append("the page must have one main part")
    for role in ("heading", "figure"):
        problems += [
            f"a {role} is empty" for found, name, _ in nodes if found == role and role == "heading" and not name
        ]
    document = page.evaluate("[document.documentElement.lang, document.title]")
    problems += [
        f"the document has no {what}" for what, value in zip(("lang", "title"), document, strict=True) if not value
    ]
    return problems
