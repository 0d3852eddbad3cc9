"""Where a contract's documents are: our own in the package or beside it, a store's where it says.

A wheel carries `wsdl/` as `gateway/wsdl/`. In a checkout and in an editable install the
folder stands beside the package, where people look for it.
"""

from __future__ import annotations

import posixpath
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from gateway.service.ini import ConfigError
from gateway.tables.wsdl import XSD
from gateway.wire.markup import Element, MarkupError, parse

WSDL: Final = "http://schemas.xmlsoap.org/wsdl/"

_REFERENCES: Final = (f"{{{WSDL}}}import", f"{{{XSD}}}include", f"{{{XSD}}}import", f"{{{XSD}}}redefine")
"""Elements by which a document names another."""

NAMES: Final = ("AmazonS3.wsdl", "AmazonS3.xsd")


def own_documents(package: Traversable | None = None) -> dict[str, bytes]:
    """Read the WSDL and the schema that ship with the gateway, by name.

    Args:
        package: The folder of the package; by default where Python found `gateway`.

    Raises:
        OSError: The installation is broken: a document is in neither place.

    """
    package = package or resources.files("gateway")
    folder = package / "wsdl"
    if not folder.is_dir():
        folder = Path(str(package)).parent / "wsdl"
    return {name: (folder / name).read_bytes() for name in NAMES}


def documents_at(path: Path) -> dict[str, bytes]:
    """Read a WSDL and every local document that it includes or imports, by name, the WSDL first.

    Names are as the documents call each other, from the directory of the WSDL on. Nothing is
    fetched: an address elsewhere is left to whoever needs that document.

    Args:
        path: Of the WSDL.

    Raises:
        ConfigError: A document cannot be read, or is no XML.

    """
    documents: dict[str, bytes] = {}
    wanted = [path.name]
    while wanted:
        name = wanted.pop(0)
        try:
            documents[name] = (path.parent / name).read_bytes()
            tree = parse(documents[name])
        except OSError as error:
            raise ConfigError(f"{path.parent / name}: cannot be read: {error.strerror}") from error
        except MarkupError as error:
            raise ConfigError(f"{path.parent / name}: {error}") from error
        for node in tree.iter(*_REFERENCES):
            address = _address(node)
            found = posixpath.normpath(posixpath.join(posixpath.dirname(name), address))
            if address and "://" not in address and found not in (*documents, *wanted):
                wanted.append(found)
    return documents


def _address(node: Element) -> str:
    return node.get("schemaLocation", "") or node.get("location", "")
