"""The passages of the benches: that what they time is a translation, and of what."""

from __future__ import annotations

from bench.passages import Passage, inline_put, listing, of_rest_store, of_soap_store, rest_error, soap_error


def told(passage: Passage) -> tuple[int, bytes]:
    reply = passage.run()
    return reply.status, b"".join(piece for piece in reply.pieces if isinstance(piece, bytes))


def test_errors_come_out_in_the_other_language(tmp_path):
    status, text = told(soap_error(of_rest_store(tmp_path)))
    assert status == 500
    assert b"<faultcode>soapenv:Client.NoSuchKey</faultcode>" in text
    status, text = told(rest_error(of_soap_store(tmp_path)))
    assert status == 404
    assert b"<Code>NoSuchKey</Code>" in text


def test_objects_and_lists_of_any_length_come_through(tmp_path):
    cells = of_rest_store(tmp_path)
    for size in (1024, 1024**2):
        status, text = told(inline_put(cells, size))
        assert status == 200, text
    status, text = told(listing(cells, 1000))
    assert status == 200
    assert text.count(b"<Contents>") == 1000
