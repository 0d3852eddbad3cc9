import re
from dataclasses import fields
from ipaddress import ip_network
from pathlib import Path

import pytest

from gateway.service.config import (
    SECTIONS,
    Config,
    ConfigError,
    from_text,
    keys_of,
    make_config,
    read_config,
    to_text,
)
from gateway.service.ini import parse_ini

EXAMPLE = Path(__file__).parents[2] / "config.example.ini"

VALUES = {  # of every key: something else than the default, how it is understood, and something that is wrong
    ("gateway", "listen"): ("tcp:1", None, "tcp:no"),
    ("gateway", "domains"): ("s3.Example.com, 10.0.0.1", ("s3.example.com", "10.0.0.1"), "http://x"),
    ("gateway", "public_url"): (
        "https://s3.example.com/soap",
        "https://s3.example.com/soap",
        "http://s3.example.com",
    ),
    ("gateway", "soap_path"): ("/old/soap", "/old/soap", "soap"),
    ("gateway", "admin"): ("", None, "ssl:1:privateKey=k"),
    ("gateway", "workers"): ("auto", 0, "0"),
    ("gateway", "trusted_proxies"): (
        "10.0.0.0/8 ::1",
        (ip_network("10.0.0.0/8"), ip_network("::1")),
        "10.0.0.1/8",
    ),
    ("gateway", "rest_auth"): ("pass", "pass", "none"),
    ("gateway", "attachments"): ("mime", "mime", "swa"),
    ("gateway", "etag"): ("store", "store", "sha"),
    ("gateway", "replay"): ("off", "off", "refuse"),
    ("gateway", "drain_timeout"): ("0.5", 0.5, "0"),
    ("gateway", "drain_delay"): ("0.5", 0.5, "soon"),
    ("backend", "endpoint_url"): ("https://[::1]:1/", "https://[::1]:1/", "store:9000"),
    ("backend", "protocol"): ("soap", "soap", "dav"),
    ("backend", "region"): ("eu-west-1", "eu-west-1", "a b"),
    ("backend", "addressing_style"): ("virtual", "virtual", "auto"),
    ("backend", "payload_signing_enabled"): ("false", False, "no"),
    ("backend", "acl"): ("drop", "drop", "ignore"),
    ("backend", "wsdl"): ("", None, "store.wsdl"),
    ("backend", "ca_bundle"): ("/ca.pem", Path("/ca.pem"), None),
    ("credentials", "file"): ("/users", Path("/users"), ""),
    ("credentials", "anonymous"): ("allow", "allow", "yes"),
    ("limits", "max_soap_message"): ("1", 1, "1M"),
    ("limits", "max_inline_data"): ("1", 1, "-1"),
    ("limits", "max_inline_answer"): ("1", 1, ""),
    ("limits", "max_object"): ("9223372036854775807", 2**63 - 1, "9223372036854775808"),
    ("limits", "linger_bytes"): ("0", 0, "much"),
    ("limits", "linger_seconds"): ("1", 1.0, "1s"),
    ("limits", "tls_minimum"): ("1.0", "1.0", "1.4"),
    ("limits", "max_connections"): ("1", 1, "0"),
    ("limits", "max_connections_per_address"): ("1", 1, "0"),
    ("limits", "max_backend_connections"): ("1", 1, "0"),
    ("limits", "handshake_timeout"): ("1", 1.0, "-1"),
    ("limits", "head_timeout"): ("1", 1.0, ""),
    ("limits", "body_timeout"): ("1", 1.0, ""),
    ("limits", "body_bytes"): ("0", 0, "fast"),
    ("limits", "idle_timeout"): ("1", 1.0, "inf"),
    ("limits", "write_timeout"): ("1", 1.0, "nan"),
    ("limits", "connect_timeout"): ("1.25", 1.25, "1.2345"),
    ("limits", "answer_timeout"): ("1", 1.0, "1e3"),
}
NAMES = sorted(VALUES)


def test_every_key_of_every_section_is_in_this_table():
    assert sorted((section, key) for section in SECTIONS for key in keys_of(section)) == NAMES


def test_sections_are_the_fields_of_a_config():
    assert [field.name for field in fields(Config)] == ["path", *SECTIONS, "given", "written", "directory"]


def write(directory, text):
    path = directory / "gateway.ini"
    path.write_text(text)
    return path


def refused(directory, text):
    with pytest.raises(ConfigError) as caught:
        read_config(write(directory, text))
    return caught.value.lines


def test_the_example_says_the_defaults(tmp_path):
    path = write(tmp_path, EXAMPLE.read_text())
    assert read_config(path) == make_config(tmp_path, {})
    assert read_config(path).path == path


def test_the_example_mentions_every_key_in_order():
    written = [(entry.section, entry.key) for entry in parse_ini(EXAMPLE.read_text()).entries]
    assert written == [(section, key) for section in SECTIONS for key in keys_of(section)]


def test_the_example_explains_every_key():
    for line in EXAMPLE.read_text().splitlines():
        if re.match(r"\w+ =", line):
            assert " ; " in line or line.endswith("0.1"), line


@pytest.mark.parametrize(("section", "key"), NAMES)
def test_a_key_is_read(tmp_path, section, key):
    text, value, _ = VALUES[section, key]
    config = read_config(write(tmp_path, f"[{section}]\n{key} = {text}\n"))
    understood = getattr(getattr(config, section), key)
    if value is not None:
        assert understood == value


@pytest.mark.parametrize(("section", "key"), NAMES)
def test_a_mistake_names_file_line_section_and_key(tmp_path, section, key):
    _, _, wrong = VALUES[section, key]
    if wrong is None:
        return
    (line,) = refused(tmp_path, f"; a comment\n[{section}]\n{key} = {wrong}\n")
    assert line.startswith(f"{tmp_path}/gateway.ini:3: [{section}] {key}: ")
    assert "write" in line or "leave it empty" in line


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("gateway", "replay", "refuse"),
    ],
)
def test_what_is_not_built_yet_is_refused(tmp_path, section, key, value):
    (line,) = refused(tmp_path, f"[{section}]\n{key} = {value}\n")
    assert "not built yet" in line


def test_a_soap_store_cannot_check_what_a_rest_client_signed(tmp_path):
    (line,) = refused(tmp_path, "[backend]\nprotocol = soap\n[gateway]\nrest_auth = pass\n")
    assert ":4: [gateway] rest_auth: a SOAP store cannot check" in line


def test_a_rest_store_has_no_wsdl(tmp_path):
    (line,) = refused(tmp_path, "[backend]\nwsdl = store.wsdl\n")
    assert ":2: [backend] wsdl: a REST store has none" in line


def test_a_soap_store_may_have_a_wsdl_of_its_own(tmp_path):
    config = read_config(write(tmp_path, "[backend]\nprotocol = soap\nwsdl = store.wsdl\n"))
    assert config.backend.wsdl == tmp_path / "store.wsdl"
    assert config.given == {("backend", "protocol"), ("backend", "wsdl")}


def test_an_unknown_key_is_refused_with_what_was_meant(tmp_path):
    (line,) = refused(tmp_path, "[gateway]\nlisten_on = tcp:1\n")
    assert line.endswith(":2: [gateway] listen_on: there is no such key; did you mean listen?")


def test_an_unknown_key_is_refused_with_what_there_is(tmp_path):
    (line,) = refused(tmp_path, "[credentials]\nzzz = 1\n")
    assert line.endswith("there is no such key; the known ones are file, anonymous")


def test_an_unknown_section_is_refused_with_what_was_meant(tmp_path):
    (line,) = refused(tmp_path, "[gatway]\nworkers = 1\n")
    assert line.endswith(":1: [gatway]: there is no such section; did you mean gateway?")


def test_all_mistakes_are_told_in_the_order_of_the_file(tmp_path):
    text = "[limits]\nhead_timeout = no\n[gateway]\nlisten =\n  tcp:1\n  tcp:x\n  udp:1\nworkers = 1\nworkers = 1\nnope\n"
    lines = refused(tmp_path, text)
    assert [re.search(r"\.ini:([0-9]+):", line)[1] for line in lines] == ["2", "6", "7", "9", "10"]


def test_no_line_ever_repeats_a_password(tmp_path):
    (line,) = refused(tmp_path, "[backend]\nendpoint_url = http://user:hidden@store:9000\n")
    assert "hidden" not in line
    assert "user and password do not belong here" in line


@pytest.mark.parametrize(
    "url",
    [
        "store",
        "ftp://store",
        "http://",
        "http://store:0",
        "http://store:x",
        "http://store:99999",
        "http://store?query",
        "http://store?",
        "http://store#part",
        "http://st ore",
        "http://[::1",
        "http://-store",
        "http://store%00",
    ],
)
def test_an_address_of_a_store_that_cannot_be_used(tmp_path, url):
    (line,) = refused(tmp_path, f"[backend]\nendpoint_url = {url}\n")
    assert "write http://HOST:PORT or https://HOST:PORT" in line


@pytest.mark.parametrize("path", ["/a b", "/a//b", "/../a", "/a%20b", "/.", "/a/.."])
def test_a_path_that_cannot_stand_before_a_bucket(tmp_path, path):
    (line,) = refused(tmp_path, f"[backend]\nendpoint_url = http://store{path}\n")
    assert "write" in line


def test_a_path_before_every_bucket(tmp_path):
    config = read_config(write(tmp_path, "[backend]\nendpoint_url = http://store/a.b/c/\n"))
    assert config.backend.endpoint_url == "http://store/a.b/c/"


def test_paths_start_from_the_directory_of_the_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "etc").mkdir()
    write(tmp_path / "etc", "[credentials]\nfile = users\n[gateway]\nlisten = ssl:1:privateKey=k.pem\n")
    config = read_config(Path("etc/gateway.ini"))
    assert config.credentials.file == tmp_path / "etc/users"
    assert config.gateway.listen[0].private_key == tmp_path / "etc/k.pem"


def test_endpoints_know_where_they_were_written(tmp_path):
    config = read_config(write(tmp_path, "[gateway]\nlisten =\n  tcp:1\n  tcp:2\n"))
    path = f"{tmp_path}/gateway.ini"
    assert [endpoint.where for endpoint in config.gateway.listen] == [
        f"{path}:3: [gateway] listen",
        f"{path}:4: [gateway] listen",
    ]
    assert config.gateway.admin.where == f"{path}: [gateway] admin"


def test_nothing_to_listen_on_is_a_mistake(tmp_path):
    (line,) = refused(tmp_path, "[gateway]\nlisten =\n")
    assert "nothing to listen on" in line


def test_two_admin_sites_are_a_mistake(tmp_path):
    (line,) = refused(tmp_path, "[gateway]\nadmin =\n  tcp:1\n  tcp:2\n")
    assert "more than one endpoint" in line


@pytest.mark.parametrize("path", ["/", "//soap", "/soap?x", "/a/../b", "/a/./b", "/a b", ""])
def test_paths_that_soap_cannot_have(tmp_path, path):
    (line,) = refused(tmp_path, f"[gateway]\nsoap_path = {path}\n")
    assert "write one that begins with /" in line


def test_a_missing_domain_is_a_mistake(tmp_path):
    (line,) = refused(tmp_path, "[gateway]\ndomains = ,\n")
    assert "a gateway needs a name" in line


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.ini: cannot be read"):
        read_config(tmp_path / "none.ini")


def test_settings_without_a_file(tmp_path):
    config = make_config(tmp_path, {("gateway", "listen"): "tcp:1\ntcp:2", ("backend", "region"): "eu"})
    assert [endpoint.port for endpoint in config.gateway.listen] == [1, 2]
    assert (config.backend.region, config.path) == ("eu", None)


def test_wrong_settings_without_a_file(tmp_path):
    with pytest.raises(ConfigError) as caught:
        make_config(tmp_path, {("gateway", "workers"): "900", ("gateway", "wrkers"): "1"})
    assert caught.value.lines == (
        "[gateway] wrkers: there is no such key; did you mean workers?",
        "[gateway] workers: '900' is no number of workers; write auto, or a number from 1 to 256",
    )


@pytest.mark.parametrize("text", ["two", "0", "01", "-1", "257"])
def test_workers_that_are_no_number(tmp_path, text):
    (line,) = refused(tmp_path, f"[gateway]\nworkers = {text}\n")
    assert "is no number of workers" in line


def test_a_configuration_goes_to_another_process_as_text(tmp_path):
    (tmp_path / "gateway.ini").write_text(
        "[gateway]\nlisten =\n  tcp:1\n  unix:s\nworkers = auto\n[limits]\nmax_connections = 7\n"
    )
    config = read_config(tmp_path / "gateway.ini")
    again = from_text(to_text(config))
    assert again == config
    assert (again.path, again.given, again.written) == (config.path, config.given, config.written)
    assert again.gateway.listen[1].where == f"{tmp_path}/gateway.ini:4: [gateway] listen"


def test_so_does_one_without_a_file(tmp_path):
    config = make_config(tmp_path, {("credentials", "file"): "users"})
    again = from_text(to_text(config))
    assert again == config
    assert (again.path, again.credentials.file) == (None, tmp_path / "users")
