"""Where the contract's documents are: inside the installed package, else beside it.

A wheel carries `wsdl/` as `gateway/wsdl/`. In a checkout and in an editable install the
folder stands beside the package, where people look for it.
"""

from __future__ import annotations

from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

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
