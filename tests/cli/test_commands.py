"""The small commands: the table of errors, the two forms of an error, a look at a configuration."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys

import pytest

from gateway import __version__
from gateway.cli import main
from gateway.tables.errors import DOCUMENTED, ERRORS

REST = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code><Message>It is gone.</Message>'
    "<Resource></Resource><Key>a &amp; b</Key><RequestId>4442587FB7D0A2F9</RequestId><HostId>abc=</HostId></Error>"
)
COMMAND = [sys.executable, "-c", "import sys; from gateway.cli import main; sys.exit(main())"]


def run(*arguments):
    """Run a command; return its exit status, however it ended."""
    try:
        return main(arguments)
    except SystemExit as stop:
        return stop.code


def translate(monkeypatch, capsys, text, *arguments):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    status = run("translate", *arguments)
    out, err = capsys.readouterr()
    return status, out.removesuffix("\n"), err


def test_errors_has_a_line_for_every_row(capsys):
    assert run("errors") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["code", "status", "reason", "prefix", "message"]
    assert len(lines) == 1 + len(ERRORS)
    assert [line.split()[0] for line in lines[1:]] == [row.code for row in ERRORS]
    assert all(row.message in line for row, line in zip(DOCUMENTED, lines[1:], strict=False))


@pytest.mark.parametrize(
    ("wanted", "codes"),
    [
        ("nosuchbucket", ["NoSuchBucket", "NoSuchBucketPolicy"]),
        ("411", ["MissingContentLength"]),
        ("Slow Down", ["SlowDown"]),
        ("HTTPS connection", ["InvalidRequest"]),
        ("none", ["MustUnderstand", "VersionMismatch"]),
    ],
)
def test_errors_looks_in_every_column(capsys, wanted, codes):
    assert run("errors", wanted) == 0
    found = [line.split()[0] for line in capsys.readouterr().out.splitlines()[1:]]
    assert set(codes) <= set(found)


def test_errors_that_are_not_there(capsys):
    assert run("errors", "NoSuchThing") == 1
    assert capsys.readouterr() == ("", "s3gateway: no error has 'NoSuchThing' in any column\n")


def test_errors_as_json(capsys):
    assert run("errors", "--json") == 0
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) == len(ERRORS)
    by_code = {row["code"]: row for row in rows}
    assert by_code["NoSuchKey"] == {
        "code": "NoSuchKey",
        "status": 404,
        "reason": "Not Found",
        "prefix": "Client",
        "message": "The specified key does not exist.",
        "details": ["Key"],
    }
    assert by_code["MissingAttachment"]["status"] is None
    assert by_code["AuthorizationHeaderMalformed"]["prefix"] is None


def test_a_rest_error_becomes_a_fault_and_comes_back(monkeypatch, capsys):
    status, fault, told = translate(monkeypatch, capsys, REST)
    assert status == 0
    assert "<faultcode>soapenv:Client.NoSuchKey</faultcode><faultstring>It is gone.</faultstring>" in fault
    assert "<detail><Key>a &amp; b</Key>" in fault
    assert told.splitlines() == [
        "row: NoSuchKey | 404 Not Found | Client | The specified key does not exist.",
        "SOAP fault Client.NoSuchKey, HTTP 500",
    ]
    status, again, told = translate(monkeypatch, capsys, fault)
    assert (status, again) == (0, REST)
    assert told.splitlines()[1] == "REST error, HTTP 404 Not Found"


@pytest.mark.parametrize(
    ("message", "row"),
    [
        ("Please use AWS4-HMAC-SHA256.", "400 Bad Request | REST only | Please use AWS4-HMAC-SHA256."),
        (
            "SOAP requests must be made over an HTTPS connection.",
            "400 Bad Request | Client | SOAP requests must be made over an HTTPS connection.",
        ),
        ("Something else.", "400 Bad Request | Client | Invalid Request"),
    ],
)
def test_translate_tells_which_invalid_request_it_is(monkeypatch, capsys, message, row):
    text = f"<Error><Code>InvalidRequest</Code><Message>{message}</Message></Error>"
    status, fault, told = translate(monkeypatch, capsys, text)
    assert status == 0
    assert told.splitlines()[0] == f"row: InvalidRequest | {row}"
    assert f"<faultstring>{message}</faultstring>" in fault


@pytest.mark.parametrize(("arguments", "prefix"), [((), "Client"), (("--status", "507"), "Server")])
def test_an_unknown_code_takes_the_prefix_of_its_class(monkeypatch, capsys, arguments, prefix):
    text = "<Error><Code>StoreIsOnHoliday</Code></Error>"
    status, fault, told = translate(monkeypatch, capsys, text, *arguments)
    assert status == 0
    assert f"soapenv:{prefix}.StoreIsOnHoliday<" in fault
    assert told.startswith("no row: StoreIsOnHoliday is not in the table")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "standard input is no XML that can be read"),
        ("<Error><Code>", "standard input is no XML that can be read"),
        ("<html/>", "<html> is neither a REST error nor a SOAP fault"),
        ("<Envelope><Body/></Envelope>", "<Envelope> is neither a REST error nor a SOAP fault"),
    ],
)
def test_translate_refuses_what_is_neither_form(monkeypatch, capsys, text, told):
    status, out, err = translate(monkeypatch, capsys, text)
    assert (status, out) == (65, "")
    assert err.startswith(f"s3gateway: {told}")
    assert err.count("\n") == 1


def write_config(directory, text):
    credentials = directory / "credentials"
    credentials.write_text("[default]\naws_access_key_id = A\naws_secret_access_key = s\n")
    credentials.chmod(0o600)
    config = directory / "config.ini"
    config.write_text(text)
    return config


def test_check_config_is_content(tmp_path, capsys):
    config = write_config(tmp_path, "[gateway]\nlisten = tcp:8080\n")
    assert run("check-config", str(config)) == 0
    assert capsys.readouterr() == (f"{config}: good\n", "")


def test_check_config_tells_every_mistake(tmp_path, capsys):
    config = write_config(tmp_path, "[gateway]\nlisten = tcp:8080\nworker = 1\n[limits]\nmax_object = much\n")
    assert run("check-config", str(config)) == 78
    out, err = capsys.readouterr()
    assert out == ""
    assert [line.partition(": ")[0] for line in err.splitlines()] == [f"{config}:3", f"{config}:5"]


def test_check_config_reads_the_credentials_too(tmp_path, capsys):
    config = write_config(tmp_path, "[gateway]\nlisten = tcp:8080\n")
    (tmp_path / "credentials").chmod(0o644)
    assert run("check-config", str(config)) == 78
    assert "chmod 600" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [(), ("frobnicate",), ("check-config",), ("translate", "--status", "x")]
)
def test_wrong_use(arguments, capsys):
    assert run(*arguments) == 64
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("usage: s3gateway")


def test_version(capsys):
    assert run("--version") == 0
    assert capsys.readouterr().out == f"s3gateway {__version__}\n"


def test_as_a_program():
    done = subprocess.run([*COMMAND, "translate"], input=REST.encode(), capture_output=True, check=False)
    assert done.returncode == 0
    assert done.stdout.startswith(b'<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope')
    done = subprocess.run([*COMMAND, "check-config", "nowhere.ini"], capture_output=True, check=False)
    assert (done.returncode, done.stderr.count(b"\n")) == (78, 1)


def test_a_reader_that_leaves_is_no_traceback():
    read_end, write_end = os.pipe()
    os.close(read_end)
    with os.fdopen(write_end, "wb") as closed:
        done = subprocess.run([*COMMAND, "errors"], stdout=closed, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (141, b"")


def test_an_interrupt_is_no_traceback(monkeypatch, capsys):
    class Interrupted(io.BytesIO):
        def read(self, size=-1):
            raise KeyboardInterrupt

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Interrupted()))
    assert run("translate") == 130
    assert capsys.readouterr() == ("", "")


def test_the_small_commands_load_none_of_the_large_libraries():
    code = (
        "import sys; from gateway.cli import main; main(['errors', 'NoSuchKey'])\n"
        "print(sorted({'zeep', 'lxml', 'twisted'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
