"""What the README shows is what the gateway does."""

from __future__ import annotations

import configparser
import re
from datetime import datetime
from pathlib import Path

import pytest

from gateway.cli.commands import parse_arguments
from gateway.messages import Credentials, Ids, RestReply
from gateway.rest.errors import parse_error
from gateway.service.config import keys_of, read_config
from gateway.soap.faults import build_fault
from gateway.soap.signature import check
from gateway.wire.markup import local, parse

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def without_breaks(text):
    return re.sub(r">\s+<", "><", text.strip())


def test_the_request_is_signed_as_the_credentials_say():
    request, _, _ = blocks("xml")
    fields = {local(node): node.text for node in parse(request.encode()).iter()}
    file = configparser.ConfigParser()
    file.read_string(next(block for block in blocks("ini") if "aws_secret_access_key" in block))
    secrets = {
        user["aws_access_key_id"]: user["aws_secret_access_key"]
        for user in map(file.__getitem__, file.sections())
    }
    credentials = Credentials(fields["AWSAccessKeyId"], fields["Timestamp"], fields["Signature"])
    check("GetObject", credentials, secrets.get, datetime.fromisoformat("2009-01-01T12:00:00+00:00"))


def test_the_error_becomes_the_fault():
    _, error, fault = blocks("xml")
    problem = parse_error(RestReply(404, "Not Found", (), error.encode()), "object")
    assert without_breaks(build_fault(problem, Ids("", "")).decode()) == without_breaks(fault)


def test_the_least_configuration_works(tmp_path):
    config = tmp_path / "gateway.ini"
    config.write_text(next(block for block in blocks("ini") if "[backend]" in block))
    assert read_config(config).gateway.domains == ("s3.example.com",)


def test_the_commands_are_commands():
    lines = [
        line.partition("#")[0].partition("<")[0] for block in blocks("sh") for line in block.splitlines()
    ]
    commands = [line.split()[1:] for line in lines if line.startswith("s3gateway ")]
    assert len(commands) >= 7
    for words in commands:
        parse_arguments(words)


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))))
def test_links_lead_somewhere(link):
    assert (ROOT / link).exists()


def test_the_limits_are_those_of_the_configuration():
    units = {"MiB": 2**20, "GiB": 2**30}
    rows = re.findall(r"^\| [^|]+ \| (\d+) (\w+) \| `(\w+)` \|", README, re.MULTILINE)
    defaults = keys_of("limits")
    assert {name for _, _, name in rows} == {"max_soap_message", "max_inline_data", "max_object"}
    for count, unit, name in rows:
        assert int(defaults[name].default) == int(count) * units[unit]
