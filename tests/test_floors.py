"""The floors of the house: who imports what, who parses XML, and a test file for every module."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

GATEWAY = Path(__file__).parent.parent / "gateway"
TESTS = Path(__file__).parent

FLOORS = (
    "messages",
    "tables",
    "wire",
    "soap rest",
    "conversation",
    "proxy",
    "service",
    "admin embedded seaweedfs leash cli",
)
"""Lowest first; those named together stand side by side."""

LEVEL = {name: level for level, names in enumerate(FLOORS) for name in names.split()}
CORE = {name for name, level in LEVEL.items() if level < LEVEL["proxy"]}
SEPARATE = {"soap", "rest"}
"""Side by side, and never one in the other: each is a language of its own."""

ROOF = {"gateway.service.tap"}
"""It alone sees the whole house: it makes the service of all the parts."""

XML = {"lxml", "xml", "zeep", "html", "pyexpat", "xmltodict", "defusedxml", "bs4"}
"""Packages that parse XML or write it."""

XML_USERS = {
    "gateway.wire.markup": {"lxml"},
    "gateway.tables.wsdl": {"lxml", "zeep"},  # the types of trees; zeep reads the WSDL that is handed in
    "gateway.soap.description": {"xml.sax.saxutils"},  # writes an attribute, parses nothing
    "gateway.cli.call": {"lxml", "zeep"},  # a client, of an operator's own gateway
}
TREES_ONLY = {"_Element", "QName", "tostring"}
"""What may be used of lxml outside of wire/markup.py: a tree, its names and its text."""

OUTSIDE = {
    "asyncio",
    "fcntl",
    "http.client",
    "http.server",
    "io",
    "multiprocessing",
    "os",
    "pathlib",
    "random",
    "requests",
    "secrets",
    "select",
    "selectors",
    "shutil",
    "signal",
    "socket",
    "socketserver",
    "ssl",
    "subprocess",
    "sys",
    "tempfile",
    "threading",
    "time",
    "twisted",
    "urllib.request",
    "uvloop",
    "zope",
}
"""What reads clocks, chance, files or sockets, none of which the core does."""

CLOCKS = {"now", "utcnow", "today"}


def name_of(path: Path) -> str:
    """The dotted name of a module."""
    parts = path.relative_to(GATEWAY.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in sorted(GATEWAY.rglob("*.py"))}
ALL = pytest.mark.parametrize("module", MODULES)
CORE_MODULES = [name for name in MODULES if name.split(".")[1:2] and name.split(".")[1] in CORE]


def tree_of(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def imported(module: str) -> set[str]:
    """The dotted names a module imports, at its head or inside a function; of a package, its modules too."""
    names: set[str] = set()
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.Import):
            names |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            assert node.module is not None
            names |= {node.module, *(f"{node.module}.{each.name}" for each in node.names)}
    return names


def within(names: set[str], packages: set[str]) -> set[str]:
    """Those of `names` that are one of `packages` or inside one."""
    return {
        name for name in names for package in packages if name == package or name.startswith(f"{package}.")
    }


def room_of(name: str) -> str:
    """The folder or the module right under gateway/ that a name belongs to, "" for the package itself."""
    return name.split(".")[1] if "." in name else ""


def test_every_room_has_a_floor():
    assert {room_of(module) for module in MODULES} - {""} == set(LEVEL)


@ALL
def test_a_module_imports_from_its_own_floor_or_from_below(module):
    room = room_of(module)
    if module in ROOF:
        return
    above = LEVEL[room] if room else -1
    for name in imported(module):
        if name.startswith("gateway.") and room_of(name) in LEVEL:
            other = room_of(name)
            assert LEVEL[other] <= above, f"{module} imports {name}, which stands above it"
            assert other == room or {other, room} != SEPARATE, f"{module} imports {name}: two languages"


@pytest.mark.parametrize("module", CORE_MODULES)
def test_the_core_reads_no_clock_no_chance_no_file_and_no_socket(module):
    assert not within(imported(module), OUTSIDE)
    asked = {
        f"{node.value.id}.{node.attr}"
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr in CLOCKS
    }
    assert not {each for each in asked if each.startswith(("datetime.", "date."))}


@ALL
def test_one_module_parses_xml(module):
    found = within(imported(module), XML)
    allowed = XML_USERS.get(module, set())
    assert found == within(found, allowed)
    if module != "gateway.wire.markup" and "lxml" in allowed:
        used = {
            node.attr
            for node in ast.walk(tree_of(module))
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == "etree"
        }
        assert used <= TREES_ONLY


def test_no_user_of_xml_is_listed_that_is_none():
    assert all(within(imported(module), allowed) for module, allowed in XML_USERS.items())


def test_httptools_has_one_user():
    assert [module for module in MODULES if within(imported(module), {"httptools"})] == ["gateway.wire.gate"]


def parts_of(module: str) -> list[str]:
    return module.split(".")[1:]


@pytest.mark.parametrize("module", [name for name, path in MODULES.items() if path.name != "__init__.py"])
def test_every_module_has_a_test_file_of_its_name(module):
    *folders, name = parts_of(module)
    assert TESTS.joinpath(*folders, f"test_{name}.py").is_file()


@pytest.mark.parametrize("module", [name for name, path in MODULES.items() if path.name == "__init__.py"])
def test_a_package_itself_holds_no_code(module):
    """So it needs no test: a docstring, names passed on from its modules, and the version."""
    docstring, *rest = tree_of(module).body
    assert isinstance(docstring, ast.Expr)
    for node in rest:
        if isinstance(node, ast.ImportFrom):
            assert str(node.module).startswith(f"{module}.")
        else:
            assert isinstance(node, ast.Assign)
            assert ast.unparse(node.targets[0]) in {"__version__", "__all__"}
