"""Where the contract is found, installed and in a checkout."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.service.documents import NAMES, own_documents


def laid(folder: Path, text: bytes) -> None:
    folder.mkdir()
    for name in NAMES:
        (folder / name).write_bytes(text)


def test_in_a_checkout_the_folder_stands_beside_the_package():
    beside = Path(__file__).parents[2] / "wsdl"
    assert own_documents() == {name: (beside / name).read_bytes() for name in NAMES}


def test_in_a_wheel_it_stands_inside_and_wins(tmp_path):
    package = tmp_path / "gateway"
    package.mkdir()
    laid(tmp_path / "wsdl", b"beside")
    assert own_documents(package) == dict.fromkeys(NAMES, b"beside")
    laid(package / "wsdl", b"inside")
    assert own_documents(package) == dict.fromkeys(NAMES, b"inside")


def test_a_broken_installation_says_which_file_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"AmazonS3\.wsdl"):
        own_documents(tmp_path)
