"""A document of S3: its declaration, its namespace, what stands in it."""

from __future__ import annotations

from gateway.rest.documents import document_reply, element


def test_a_document_has_a_declaration_and_a_namespace():
    reply = document_reply("http://s3/&", "Root", ("<a>", element("b", "<&\x01"), "</a>"))
    assert (reply.status, reply.reason) == (200, "OK")
    assert reply.headers == (("content-type", "application/xml"),)
    assert b"".join(reply.pieces) == (
        b'<?xml version="1.0" encoding="UTF-8"?>\n'
        b'<Root xmlns="http://s3/&amp;"><a><b>&lt;&amp;\xef\xbf\xbd</b></a></Root>'
    )


def test_a_reply_may_have_further_fields():
    reply = document_reply("", "Root", (), headers=(("x-amz-a", "b"),))
    assert reply.headers == (("x-amz-a", "b"), ("content-type", "application/xml"))
