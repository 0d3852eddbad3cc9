"""Address, certificates and keys: from the command line, a configuration, or defaults."""

from __future__ import annotations

import pytest

from gateway.cli import main
from gateway.cli.target import endpoint_of
from gateway.service.config import read_config
from tests.cli.double import ACCESS_KEY, BUCKETS, SECRET, closed_port


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ((), "nobody to sign as: name --credentials FILE or --config FILE, or call --anonymous"),
        (("--credentials", "{tmp}/none"), "{tmp}/none: cannot be read: No such file or directory"),
        (("--credentials", "{tmp}/keys", "--profile", "x"), "{tmp}/keys: there is no profile x; it has default, other, broken"),
        (("--credentials", "{tmp}/keys", "--profile", "broken"), "{tmp}/keys: [broken] has no aws_secret_access_key"),
        (("--anonymous", "--endpoint", "localhost:8443"), "'localhost:8443' is no address; write https://HOST:PORT/PATH"),
        (("--anonymous", "--endpoint", "https:///soap"), "'https:///soap' is no address; write https://HOST:PORT/PATH"),
        (("--anonymous", "--ca", "{tmp}/none"), "{tmp}/none: no certificates that can be read: No such file or directory"),
        (("--anonymous", "--ca", "{tmp}/keys"), "{tmp}/keys: no certificates that can be read: "),
    ],
)  # fmt: skip
def test_who_and_where_must_be_known(call, credentials, tmp_path, keys, told):
    status, out, err = call("ListAllMyBuckets", keys=[key.format(tmp=tmp_path) for key in keys])
    assert (status, out, err.count("\n")) == (78, "", 1)
    assert err.startswith("s3gateway: " + told.format(tmp=tmp_path))


def write_config(directory, certificate, port, more=""):
    (directory / "credentials").write_text(
        f"[somebody]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET}\n"
    )
    (directory / "credentials").chmod(0o600)
    config = directory / "gateway.ini"
    config.write_text(
        f"[gateway]\nlisten =\n  tcp:8080\n"
        f"  ssl:{port}:interface=127.0.0.1:privateKey={certificate.with_name('key.pem')}:certKey={certificate}\n{more}"
    )
    return config


def call_with_config(config, capsys, *arguments):
    status = main(("call", "ListAllMyBuckets", "--config", str(config), *arguments))
    return status, *capsys.readouterr()


@pytest.mark.parametrize("public", [True, False])
def test_a_configuration_says_all_that_is_needed(double, certificate, tmp_path, capsys, public):
    """Address, certificate and the only profile."""
    port = 1 if public else double.endpoint.rpartition(":")[2].partition("/")[0]
    config = write_config(tmp_path, certificate, port, f"public_url = {double.endpoint}\n" if public else "")
    double.answers(BUCKETS)
    status, _, err = call_with_config(config, capsys)
    assert (status, err) == (0, "")
    assert double.operation[0].text == ACCESS_KEY


def test_a_configuration_that_serves_no_soap_or_is_wrong(certificate, tmp_path, capsys):
    config = tmp_path / "gateway.ini"
    config.write_text("[gateway]\nlisten = tcp:8080\n")
    status, _, err = call_with_config(config, capsys, "--anonymous")
    assert (status, err) == (
        78,
        f"s3gateway: {config}: listens on no port with TLS; name its address with --endpoint\n",
    )
    config.write_text("[gateway]\nlisten =\n")
    status, _, err = call_with_config(config, capsys)
    assert (status, err.count("\n")) == (78, 1)


@pytest.mark.parametrize(
    ("listen", "host"),
    [
        ("ssl:8443:interface=0.0.0.0:privateKey=key.pem", "localhost"),
        ("ssl:8443:interface=192.0.2.7:privateKey=key.pem", "192.0.2.7"),
        (r"tls:keys:8443:interface=\:\:", "localhost"),
        (r"tls:keys:8443:interface=2001\:db8\:\:7", "[2001:db8::7]"),
    ],
)
def test_the_address_of_a_configuration(tmp_path, listen, host):
    config = tmp_path / "gateway.ini"
    config.write_text(f"[gateway]\nsoap_path = /services/soap\nlisten =\n  tcp:8080\n  {listen}\n")
    assert endpoint_of(read_config(config), None) == f"https://{host}:8443/services/soap"


def test_certificates_in_a_directory_are_not_believed_unread(tmp_path, certificate, capsys):
    config = write_config(tmp_path, certificate, closed_port())
    config.write_text(
        config.read_text().replace("ssl:", f"tls:{tmp_path}:").partition(":privateKey")[0] + "\n"
    )
    status, _, err = call_with_config(config, capsys)
    assert (status, err.count("\n")) == (2, 1)
