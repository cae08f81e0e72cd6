"""The files around the code agree with each other: versions, commands, the two READMEs."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
REQUIREMENTS = [Requirement(r) for r in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
GOALS = set(re.findall(r"^([a-z-]+):.*##", MAKEFILE, flags=re.MULTILINE))


def constraints():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in pairs}


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=str)
def test_the_exact_version_is_inside_the_range(requirement):
    assert requirement.specifier.contains(constraints()[canonicalize_name(requirement.name)])


def test_constraints_are_names_and_versions_only():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    for line in lines:
        assert line.startswith("#") or re.fullmatch(r"[a-z0-9.-]+==[0-9][0-9a-z.+]*", line), line


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=str)
def test_contributing_says_what_each_dependency_is_for(requirement):
    table = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert re.search(rf"^\| ([a-z-]+, )*{requirement.name}[ ,]", table, flags=re.MULTILINE)


@pytest.mark.parametrize("name", ["README.md", "README.es.md", "CONTRIBUTING.md", ".ci/run", ".pre-commit-config.yaml"])
def test_every_make_goal_that_is_named_exists(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    named = set(re.findall(r"(?:^|[`\s:])make ([a-z][a-z-]*)(?=[`\s]*(?:#|$|`))", text, flags=re.MULTILINE))
    assert named
    assert named <= GOALS


def blocks(name):
    """Code blocks without their comments, and levels of the headings, in order."""
    text = (ROOT / name).read_text(encoding="utf-8")
    code = [re.sub(r" +#.*", "", block) for block in re.findall(r"```\w*\n(.*?)```", text, flags=re.DOTALL)]
    text = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return code, re.findall(r"^(#+) ", text, flags=re.MULTILINE)


def test_both_readmes_have_the_same_sections_and_the_same_code():
    english, spanish = blocks("README.md"), blocks("README.es.md")
    assert english[1] == spanish[1]
    layout = [code.startswith("src/") for code in english[0]]
    for a, b, is_layout in zip(english[0], spanish[0], layout, strict=True):
        if is_layout:  # its remarks are translated, its names are not
            a, b = (re.findall(r"^ *(\S+)", text, flags=re.MULTILINE) for text in (a, b))
        assert a == b


def test_the_layout_in_the_readme_is_the_one_on_disk():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    layout = re.search(r"```\nsrc/vitral/\n(.*?)tests/", text, flags=re.DOTALL)
    assert layout
    named = set(re.findall(r"^  ([a-z]+)/", layout[1], flags=re.MULTILINE))
    source = ROOT / "src" / "vitral"
    assert named == {path.name for path in source.iterdir() if (path / "__init__.py").is_file()}
