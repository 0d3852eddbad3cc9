"""Messages with bytes beside them: what PutObject file= sends, and where GetObject out= puts what comes."""

from __future__ import annotations

import pytest

from gateway.cli.files import MIB
from gateway.soap.packaging import Package, build_package
from tests.cli.double import FAULT, NO_DATA, PUT, answering

PLACE = ("Bucket=b", "Key=k")


def unpacked(content_type, message):
    package = Package(content_type, 1 << 20)
    payload = b"".join(package.feed(message))
    package.finish()
    return package.envelope, payload


def package(form, data, envelope=NO_DATA):
    content_type, pieces = build_package(form, (envelope,), data, "text/plain", "0123456789")
    return b"".join(pieces), 200, content_type


# -- what is sent -----------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 700_000])
def test_a_file_is_attached(call, double, tmp_path, size):
    file = tmp_path / "object"
    file.write_bytes(bytes(n % 251 for n in range(size)))
    double.answers(PUT)
    status, out, err = call("PutObject", *PLACE, f"file={file}")
    assert (status, err) == (0, "")
    assert 'ETag          "tag"' in out
    assert double.headers["content-type"] == "application/dime"
    assert double.headers["content-length"] == str(len(double.message))
    double.message, payload = unpacked("application/dime", double.message)
    assert payload == file.read_bytes()
    assert double.fields == [("Bucket", "b"), ("Key", "k"), ("ContentLength", str(size))]


def test_a_content_length_of_ones_own_is_sent(call, double, tmp_path):
    (tmp_path / "object").write_bytes(b"three")
    double.answers(PUT)
    assert call("PutObject", *PLACE, f"file={tmp_path / 'object'}", "ContentLength=7")[0] == 0
    double.message, _ = unpacked("application/dime", double.message)
    assert dict(double.fields)["ContentLength"] == "7"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["PutObject", *PLACE, "file=/nonexistent/file"], "/nonexistent/file: No such file or directory"),
        (["PutObject", *PLACE, "file=/"], "/: Is a directory"),
        (["PutObject", *PLACE, "file=a", "file=b"], "file stands twice"),
        (["GetObject", *PLACE, "out=a", "out=b"], "out stands twice"),
        (
            ["PutObjekt", *PLACE, "file=a", "out=b"],
            "there is no operation PutObjekt; did you mean PutObject?",
        ),
    ],
)
def test_a_mistake_about_a_file(call, double, words, told):
    assert call(*words) == (64, "", f"s3gateway: {told}\n")
    assert double.message == b""


def test_whoever_answers_before_all_is_sent_is_heard(call, tmp_path):
    """The double reads a little, answers and closes."""
    (tmp_path / "object").write_bytes(bytes(8 * MIB))
    reply = b"HTTP/1.1 500 No\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n" % len(FAULT) + FAULT
    with answering(reply) as port:
        words = ["PutObject", *PLACE, f"file={tmp_path / 'object'}", "--endpoint", f"http://127.0.0.1:{port}"]
        status, _, err = call(*words)
    assert status in {1, 2}  # a reset may overtake the answer; then it is no answer
    assert err


# -- what comes -------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["dime", "mime"])
@pytest.mark.parametrize("size", [0, 1, 700_000])
def test_an_object_beside_the_answer_goes_to_a_file(call, double, tmp_path, form, size):
    data = bytes(n % 251 for n in range(size))
    double.answers(*package(form, data))
    status, shown, err = call("GetObject", *PLACE, f"out={tmp_path / 'object'}")
    assert (status, err) == (0, "")
    assert (tmp_path / "object").read_bytes() == data
    assert dict(double.fields)["InlineData"] == "false"
    assert f"{size} bytes" in shown
    assert "color" in shown


def test_an_object_beside_the_answer_that_nobody_keeps(call, double):
    double.answers(*package("dime", b"12345"))
    status, shown, _ = call("GetObject", *PLACE, "InlineData=false")
    assert (status, "5 bytes" in shown) == (0, True)


def test_inline_data_of_ones_own_is_asked_for(call, double, tmp_path):
    double.answers(NO_DATA)
    assert call("GetObject", *PLACE, f"out={tmp_path / 'object'}", "InlineData=true")[0] == 0
    assert dict(double.fields)["InlineData"] == "true"


@pytest.mark.parametrize("form", ["dime", "mime"])
def test_an_answer_that_is_cut_short(call, double, tmp_path, form):
    message, status, content_type = package(form, b"1" * 1000)
    double.answers(message[:-100], status, content_type)
    status, out, err = call("GetObject", *PLACE, f"out={tmp_path / 'object'}")
    assert (status, out) == (2, "")
    assert "The message is cut short" in err
    assert "what was written of the object is 9" in err


def test_a_package_that_is_none(call, double):
    double.answers(b"not DIME at all", 200, "application/dime")
    status, out, err = call("GetObject", *PLACE, "InlineData=false")
    assert (status, out, err.count("\n")) == (2, "", 1)


def test_a_file_that_cannot_be_written(call, double, tmp_path):
    double.answers(*package("dime", b"12345"))
    path = tmp_path / "no" / "where"
    assert call("GetObject", *PLACE, f"out={path}")[::2] == (
        73,
        f"s3gateway: {path}: No such file or directory\n",
    )


def test_a_fault_makes_no_file(call, double, tmp_path):
    double.answers(FAULT, 500)
    assert call("GetObject", *PLACE, f"out={tmp_path / 'object'}")[0] == 1
    assert not (tmp_path / "object").exists()
