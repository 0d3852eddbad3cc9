"""multipart/related in and out: what the stacks send, what attackers send, in any split."""

import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from requests_toolbelt.multipart.decoder import MultipartDecoder

from gateway.messages import Body, length_of
from gateway.soap.mime import (
    LIMITS,
    MAX_PADDING,
    Limits,
    MimeReader,
    build_close,
    build_delimiter,
    build_message,
)
from gateway.soap.parts import END_OF_PART, Event, Part
from gateway.soap.related import Flaw, MimeError, MultipartType, build_multipart_type
from tests.soap.mime_samples import SAMPLES, Sample
from tests.soap.test_related import boundaries
from tests.wire.splits import sizes, split

WHOLE = [1 << 30]
SPLITS = (WHOLE, [1], [2], [7, 1], [64])


class Read:
    """What came of a message: its parts, and how it ended."""

    def __init__(self, reader: MimeReader, stream: bytes, pieces: list[int]) -> None:
        self.parts: list[tuple[Part, bytes]] = []
        self.ended: list[bool] = []
        self.error: tuple[Flaw, int] | None = None
        try:
            for piece in split(stream, pieces):
                for event in reader.feed(piece):
                    self.take(event)
            reader.finish()
        except MimeError as error:
            self.error = (error.flaw, error.offset)
        self.done = reader.done

    def take(self, event: Event) -> None:
        if isinstance(event, Part):
            assert self.ended == [True] * len(self.parts), "a part begins when the one before has ended"
            self.parts.append((event, b""))
            self.ended.append(False)
        elif event is END_OF_PART:
            assert self.ended[-1] is False
            self.ended[-1] = True
        else:
            assert isinstance(event, bytes)
            assert event, "no event for nothing"
            assert self.ended[-1] is False
            part, payload = self.parts[-1]
            self.parts[-1] = (part, payload + event)

    @property
    def seen(self) -> tuple[object, ...]:
        """What must not depend on the split: of an undecodable payload, how much was decoded may."""
        judged = self.parts if self.error is None else [part for part, _ in self.parts]
        return judged, self.ended, self.error, self.done


def read(stream: bytes, pieces: list[int] = WHOLE, boundary: str = "b", limits: Limits = LIMITS) -> Read:
    return Read(MimeReader(boundary, limits), stream, pieces)


@pytest.mark.parametrize("sample", SAMPLES, ids=[sample.stack for sample in SAMPLES])
def test_message_of_each_stack_is_read_in_any_split(sample: Sample):
    for pieces in (*SPLITS, [3], [5], [41, 2]):
        seen = read(sample.message, pieces, sample.boundary)
        assert [(part.id, part.type, payload) for part, payload in seen.parts] == list(sample.parts)
        assert (seen.error, seen.done, seen.ended) == (None, True, [True] * len(sample.parts))


@pytest.mark.parametrize("sample", SAMPLES, ids=[sample.stack for sample in SAMPLES])
def test_message_is_cut_short_at_every_byte_but_behind_the_last_hyphen(sample: Sample):
    end = sample.message.rindex(b"--") + 2
    for cut in range(end):
        seen = read(sample.message[:cut], boundary=sample.boundary)
        assert not seen.done
        assert seen.error == (Flaw.CUT_SHORT, cut)
    for cut in range(end, len(sample.message)):
        assert read(sample.message[:cut], boundary=sample.boundary).error is None


HEAD = b"Content-Transfer-Encoding: binary\r\n\r\n"
AT = len(b"--b\r\n" + HEAD)


@pytest.mark.parametrize(
    ("stream", "payloads"),
    [
        (b"--b\r\n\r\n\r\n--b--", [b""]),
        (b"--b\r\n\r\n--b--", [b""]),  # the end of the blank line is the delimiter's
        (b"--b\r\nA: b\r\n\r\n--b--", [b""]),
        (b"--b\r\n\r\n--b\r\n\r\n--b--", [b"", b""]),
        (b"--b\r\n\r\nx\r\n--b--", [b"x"]),
        (b"\r\n--b\r\n\r\nx\r\n--b--", [b"x"]),
        (b"--b\t \r\n\r\nx\r\n--b--\t ", [b"x"]),
        (b"--b" + b" " * MAX_PADDING + b"\r\n\r\nx\r\n--b--", [b"x"]),
        (b"--b\r\n\r\n\r\n\r\n--b--", [b"\r\n"]),
        (b"--b\r\n\r\n\r\r\n--b--", [b"\r"]),
        (b"--b\r\n\r\n\n--b--\n--b--\r\n--b--", [b"\n--b--\n--b--"]),  # bare LF ends no line
        (b"--b\r\n\r\n\r--b--\r--b\r\n--b--", [b"\r--b--\r--b"]),
        (
            b"--b\r\n\r\n\r\n--\r\n--a\r\n--bb\r\n--b-\r\n--b-x\r\n--b--",
            [b"\r\n--\r\n--a\r\n--bb\r\n--b-\r\n--b-x"],
        ),
        (b"--b\r\n\r\n\r\n--b \t.\r\n--b x\r\n--b\n\r\n--b--", [b"\r\n--b \t.\r\n--b x\r\n--b\n"]),
        (
            b"--b\r\n\r\n\r\n--b" + b" " * (MAX_PADDING + 1) + b"\r\n\r\n--b--",
            [b"\r\n--b" + b" " * 33 + b"\r\n"],
        ),
        (b"--b\r\n\r\n\r\n--B--\r\n--b--", [b"\r\n--B--"]),
        (b"no--b\r\n\r\nno\r\n--bb--\r\n--b\r\n\r\nyes\r\n--b--", [b"yes"]),
        (b"--b\r\n\r\nx\r\n--b--\r\n--b\r\n\r\nmore\r\n--b--", [b"x"]),  # an epilogue, whatever it says
        (b"--b\r\n\r\nx\r\n--b--\nbye", [b"x"]),
    ],
)
def test_delimiters_are_whole_lines_and_what_looks_like_them_is_payload(stream: bytes, payloads: list[bytes]):
    for pieces in SPLITS:
        seen = read(stream, pieces)
        assert (seen.error, [payload for _, payload in seen.parts]) == (None, payloads), pieces


LINE = b"A: " + 297 * b"b" + b"\r\n"
BIG = b"\r\n--b\r\n" + 54 * LINE

BROKEN = {
    "nothing": (b"", Flaw.CUT_SHORT, 0),
    "only a preamble": (b"hello\r\n", Flaw.CUT_SHORT, 7),
    "no parts": (b"--b--\r\n", Flaw.NO_PARTS, -2),
    "no parts behind a preamble": (b"hi\r\n--b--", Flaw.NO_PARTS, 2),
    "an endless preamble": (b"x" * 5000 + b"\r\n--b\r\n\r\n\r\n--b--", Flaw.PREAMBLE_TOO_LONG, 4096),
    "a preamble one byte too long": (b"x" * 4097 + b"\r\n--b\r\n\r\n\r\n--b--", Flaw.PREAMBLE_TOO_LONG, 4096),
    "bare LF everywhere": (b"--b\nA: b\n\nx\n--b--\n", Flaw.CUT_SHORT, 18),
    "bare LF in a header": (b"--b\r\nA: b\nC: d\r\n\r\n\r\n--b--", Flaw.HEADER_LINE, 5),
    "a header that is no field": (b"--b\r\nA: b\r\nhello\r\n\r\n\r\n--b--", Flaw.HEADER_LINE, 11),
    "a delimiter in a header": (b"--b\r\nA: b\r\n--b--\r\n", Flaw.HEADER_LINE, 11),
    "a header line that is too long": (b"--b\r\nA: " + 298 * b"b" + b"\r\n", Flaw.HEADER_LINE_TOO_LONG, 305),
    "an endless header line": (b"--b\r\nA: b\r\nB:" + 9999 * b"b", Flaw.HEADER_LINE_TOO_LONG, 311),
    "an endless header": (BIG + 54 * LINE, Flaw.HEADER_TOO_LONG, 7 + 54 * 302),
    "too many header lines": (b"--b\r\n" + 501 * b"A:\r\n" + b"\r\n\r\n--b--", Flaw.HEADER_TOO_LONG, 2005),
    "a nested message": (b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n", Flaw.NESTED, 5),
    "an unknown encoding": (b"--b\r\nContent-Transfer-Encoding: gzip\r\n\r\n", Flaw.TRANSFER_ENCODING, 5),
    "a field twice": (b"--b\r\nContent-Id: a\r\nContent-ID: b\r\n\r\n", Flaw.FIELD_AGAIN, 20),
    "an id twice": (
        b"--b\r\nContent-Id: a\r\n\r\n\r\n--b\r\nContent-Id: <a>\r\n\r\n\r\n--b--",
        Flaw.ID_AGAIN,
        29,
    ),
    "broken base64": (
        b"--b\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD*UJD\r\n--b--",
        Flaw.BASE64,
        49,
    ),
    "base64 cut short": (
        b"--b\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJDQQ\r\n--b\r\n\r\n\r\n--b--",
        Flaw.BASE64_CUT_SHORT,
        48,
    ),
    "broken quoted-printable at its end": (
        b"--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nok=\r\n=z\r\n--b--",
        Flaw.QUOTED_PRINTABLE,
        58,
    ),
    "too many parts": (b"--b\r\n\r\n" + 50 * b"x\r\n--b\r\n\r\n", Flaw.TOO_MANY_PARTS, 7 + 49 * 10 + 1),
    "a part that has no end": (b"--b\r\n\r\n" + 9999 * b"x", Flaw.CUT_SHORT, 10006),
    "a line that begins like the last": (b"--b\r\n\r\nx\r\n--b-", Flaw.CUT_SHORT, 14),
    "a last line that goes on": (b"--b\r\n\r\nx\r\n--b-- x", Flaw.CLOSING_LINE, 16),
    "a last line that goes on at once": (b"--b\r\n\r\nx\r\n--b---\r\n--b--", Flaw.CLOSING_LINE, 15),
    "an endless last line": (
        b"--b\r\n\r\nx\r\n--b--" + 5000 * b" " + b"x",
        Flaw.EPILOGUE_TOO_LONG,
        15 + 4096,
    ),
    "an endless epilogue": (b"--b\r\n\r\nx\r\n--b--\r\n" + 5000 * b"x", Flaw.EPILOGUE_TOO_LONG, 15 + 4096),
}


@pytest.mark.parametrize(("stream", "flaw", "offset"), BROKEN.values(), ids=BROKEN)
def test_broken_message_is_refused_by_name_where_it_is_seen(stream: bytes, flaw: Flaw, offset: int):
    for pieces in SPLITS:
        seen = read(stream, pieces)
        assert seen.error == (flaw, offset), pieces
        assert seen.seen == read(stream).seen


@pytest.mark.parametrize(
    "stream",
    [
        b"x" * 4096 + b"\r\n--b\r\n\r\n\r\n--b--",
        b"--b\r\nA: " + 297 * b"b" + b"\r\n\r\n\r\n--b--",
        b"--b\r\n" + 500 * b"A:\r\n" + b"\r\n\r\n--b--",
        BIG[:-2] + b"\r\n\r\n\r\n--b--",
        50 * b"\r\n--b\r\n\r\n" + b"\r\n--b--",
        b"--b\r\n\r\nx\r\n--b--" + 4096 * b" ",
        b"--b\r\n\r\nx\r\n--b--\r\n" + 4094 * b"x",
    ],
)
def test_what_reaches_a_limit_is_read(stream: bytes):
    for pieces in SPLITS:
        assert read(stream, pieces).error is None


def test_limits_are_the_callers():
    limits = Limits(preamble=0, parts=1, header_line=4, header_lines=1, header=6, epilogue=0)
    assert read(b"--b\r\nA: b\r\n\r\nx\r\n--b--", limits=limits).error is None
    for stream in (
        b"\r\r\n--b\r\n\r\nx\r\n--b--",
        b"--b\r\nA: bb\r\n\r\nx\r\n--b--",
        b"--b\r\nA:\r\nB:\r\n\r\nx\r\n--b--",
        b"--b\r\n\r\nx\r\n--b--\r",
        b"--b\r\n\r\nx\r\n--b\r\n\r\nx\r\n--b--",
    ):
        assert read(stream, limits=limits).error is not None


def test_boundary_that_is_none_is_refused():
    for boundary in ("", "b ", 71 * "b", "b\r\n", "ü", "*"):
        for refusing in (MimeReader, build_delimiter, build_close):
            with pytest.raises(MimeError) as refused:
                refusing(boundary)
            assert refused.value.flaw is Flaw.BOUNDARY


def test_events_before_an_error_come_before_it():
    """So an envelope can be judged although what follows it is broken."""
    reader = MimeReader("b")
    events = reader.feed(b"--b\r\n\r\nenvelope\r\n--b\r\nbroken\r\n")
    assert next(events) == Part("", "")
    assert next(events) == b"envelope"
    assert next(events) is END_OF_PART
    with pytest.raises(MimeError):
        next(events)


def test_payload_is_given_out_as_it_comes_and_uncopied():
    reader = MimeReader("b")
    assert list(reader.feed(b"--b\r\n\r\na")) == [Part("", ""), b"a"]
    chunk = bytes(range(256)) * 256
    (event,) = reader.feed(chunk)
    assert event is chunk
    assert list(reader.feed(b"x\r\n--")) == [b"x"]
    assert list(reader.feed(b"c")) == [b"\r\n--c"]
    assert list(reader.feed(b"x\r")) == [b"x"]
    assert list(reader.feed(b"\n--b--")) == [END_OF_PART]
    assert reader.done


NO_END = (
    b"x",
    b"\r",
    b"\n",
    b"\r\n",
    b"\r\n--",
    b"\r\n--" + 69 * b"b",
    b"\r\n--" + 70 * b"b" + b"x",
    b"\r\n--" + 70 * b"b" + b"-x",
    b"\r\n--" + 70 * b"b" + b" " * MAX_PADDING + b"x",
    b"\r\n--" + 70 * b"b" + b" " * MAX_PADDING + b"\r\r",
)


@pytest.mark.parametrize("piece", NO_END)
@pytest.mark.parametrize("encoding", [b"binary", b"base64", b"quoted-printable"])
def test_memory_is_bounded_whatever_a_part_without_end_holds(piece: bytes, encoding: bytes):
    reader = MimeReader(70 * "b")
    head = b"--" + 70 * b"b" + b"\r\nContent-Transfer-Encoding: " + encoding + b"\r\n\r\n"
    assert len(list(reader.feed(head))) == 1
    chunk = piece * (65536 // len(piece))
    tracemalloc.start()
    try:
        for _ in range(100):
            for _event in reader.feed(chunk):
                pass
    except MimeError:
        assert encoding != b"binary"
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 1 << 20


def test_no_more_than_a_delimiter_line_is_held_back():
    boundary = 70 * "b"
    longest = len(f"\r\n--{boundary}") + MAX_PADDING + 1
    for piece in NO_END:
        reader = MimeReader(boundary)
        assert len(list(reader.feed(f"--{boundary}\r\n\r\n".encode()))) == 1
        fed = given_out = 0
        for data in split(piece * 300, [1, 3, 50]):
            fed += len(data)
            given_out += sum(len(event) for event in reader.feed(data) if isinstance(event, bytes))
            assert 0 <= fed - given_out <= longest


def test_delimiter_lookalikes_are_no_events_of_their_own():
    reader = MimeReader("b")
    assert len(list(reader.feed(b"--b\r\n\r\n"))) == 1
    lookalikes = b"\r\n--bx" * 200_000
    events = list(reader.feed(lookalikes))
    assert len(events) == 1
    assert isinstance(events[0], bytes)
    assert events[0] == lookalikes


@given(
    boundaries,
    st.lists(
        st.tuples(st.sampled_from(("text/xml; charset=utf-8", "application/octet-stream", "")), st.data()),
        max_size=4,
    ),
    sizes,
)
def test_message_that_is_written_is_read_again_in_any_split(boundary, kinds, pieces):
    line = f"\r\n--{boundary}".encode()
    bits = st.sampled_from(
        (b"\r", b"\n", b"--", b"-", b" ", b"x", line, line[:-1], line + b"x", line + b"-", line[2:])
    )
    parts = []
    for number, (kind, data) in enumerate([*kinds, *kinds[:1]]):
        payload = b"".join(data.draw(st.lists(bits | st.binary(max_size=20), max_size=12)))
        parts.append((Part(f"part{number}", kind), payload))
    if not parts or any(_holds_delimiter(payload, line) for _, payload in parts):
        return
    pieces_written = build_message(boundary, [(part, (payload,)) for part, payload in parts])
    stream = b"".join(piece for piece in pieces_written if isinstance(piece, bytes))
    assert length_of(pieces_written) == len(stream)
    seen = read(stream, pieces, boundary)
    assert (seen.error, seen.parts, seen.done) == (None, parts, True)


def _holds_delimiter(payload: bytes, line: bytes) -> bool:
    """Whether a boundary was chosen that stands in a payload, which nobody may."""
    text = b"\r\n" + payload + b"\r\n"
    at = text.find(line)
    while at >= 0:
        behind = text[at + len(line) :]
        if behind.startswith(b"--") or behind.lstrip(b" \t").startswith(b"\r\n"):
            return True
        at = text.find(line, at + 1)
    return False


PIECES = (
    b"--b", b"\r\n--b", b"\r\n", b"\r\n--b--", b"\r\n\r\n", b"\r", b"\n", b"--", b"-", b" ", b"\t", b"x", b"b",
    b"Content-Id: ", b"<a>", b"Content-Type: ", b"text/xml", b"multipart/x", b"Content-Transfer-Encoding: ",
    b"base64", b"quoted-printable", b"binary", b"QUJD", b"=", b"=41", b"A: b", b":", b"\x00", b"\xff",
)  # fmt: skip


@given(st.lists(st.sampled_from(PIECES) | st.binary(max_size=5), max_size=40).map(b"".join), sizes)
@example(b"--b\r\n\r\n\r\n--b\r\n\r\n--b--", [1])
def test_any_bytes_give_events_or_a_mime_error_the_same_in_any_split(stream: bytes, pieces: list[int]):
    small = Limits(preamble=20, parts=3, header_line=40, header_lines=3, header=60, epilogue=10)
    for limits in (LIMITS, small):
        whole = read(stream, limits=limits)
        assert read(stream, pieces, limits=limits).seen == whole.seen
        assert (
            read(b"--b\r\n" + stream, pieces, limits=limits).seen
            == read(b"--b\r\n" + stream, limits=limits).seen
        )


def test_message_is_written_as_axis_writes_it():
    envelope = Part("env", "text/xml; charset=UTF-8")
    data = Part("data", "application/octet-stream")
    body = Body(None, 5)
    head = b"\r\n--b\r\nContent-Type: %b\r\nContent-Transfer-Encoding: binary\r\nContent-Id: <%b>\r\n\r\n"
    assert build_message("b", [(envelope, (b"<e", b"/>")), (data, (body,))]) == (
        head % (b"text/xml; charset=UTF-8", b"env"),
        b"<e",
        b"/>",
        head % (b"application/octet-stream", b"data"),
        body,
        b"\r\n--b--\r\n",
    )


def test_message_that_is_written_is_read_by_what_zeep_reads_with():
    payload = bytes(range(256)) + b"\r\n--b\r\r\n\r\n"
    boundary = "----=_Part_0123456789abcdef"
    envelope = Part("env", "text/xml; charset=utf-8")
    parts = [(envelope, (b"<e/>",)), (Part("data", "application/octet-stream"), (payload,))]
    message = b"".join(piece for piece in build_message(boundary, parts) if isinstance(piece, bytes))
    decoder = MultipartDecoder(message, build_multipart_type(MultipartType(boundary, "text/xml", "env")))
    assert [(part.headers[b"Content-ID"], part.content) for part in decoder.parts] == [
        (b"<env>", b"<e/>"),
        (b"<data>", payload),
    ]


def test_length_of_a_message_is_known_when_that_of_its_data_is():
    part = (Part("", "text/xml"), (b"<e/>",))
    frame = length_of(build_message("b", [part, (Part("a", "x/y"), ())]))
    assert frame is not None
    assert length_of(build_message("b", [part, (Part("a", "x/y"), (Body(None, 1 << 33),))])) == frame + (
        1 << 33
    )
    assert length_of(build_message("b", [part, (Part("a", "x/y"), (Body(None),))])) is None
