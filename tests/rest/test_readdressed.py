"""Addresses in a store's replies become the client's, and nothing else changes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.messages import Body, RestReply
from gateway.rest.readdressed import MOST, Located, Way, readdressed, tells_address

XML = (("content-type", "application/xml"),)
BY_PATH = Way("b", "store:8333", "", by_path=True, client="https://gate.example", client_by_path=True)
BY_HOST = replace(BY_PATH, client="http://b.gate.example", client_by_path=False)
OTHER_STORE = Way("b", "b.store", "", by_path=False, client="https://gate.example", client_by_path=True)
MADE = b"<CompleteMultipartUploadResult><Location>%s</Location><Key>k</Key></CompleteMultipartUploadResult>"
NO_KEY = b"<Error><Code>NoSuchKey</Code><Resource>%s</Resource></Error>"


@pytest.mark.parametrize(
    ("way", "location", "told"),
    [
        (BY_PATH, b"http://store:8333/b/k%20l", b"https://gate.example/b/k%20l"),
        (BY_HOST, b"http://store:8333/b/k", b"http://b.gate.example/k"),
        (OTHER_STORE, b"http://b.store/k", b"https://gate.example/b/k"),
        (replace(BY_PATH, prefix="/s3"), b"http://store:8333/s3/b/k", b"https://gate.example/b/k"),
    ],
)
def test_a_location_of_the_store_is_the_clients(way, location, told):
    assert way.located(MADE % location) == MADE % told


@pytest.mark.parametrize(
    "location", [b"", b"/b/k", b"https://elsewhere.example/b/k", b"http://store:83331/b/k"]
)
def test_another_location_stays(location):
    assert BY_PATH.located(MADE % location) == MADE % location


def test_a_client_without_a_host_gets_the_stores_location():
    document = MADE % b"http://store:8333/b/k"
    assert replace(BY_PATH, client="").located(document) == document


def test_a_host_is_escaped():
    way = replace(BY_PATH, client="http://a&b")
    assert way.located(MADE % b"http://store:8333/b/k") == MADE % b"http://a&amp;b/b/k"


@pytest.mark.parametrize(
    ("way", "resource", "told"),
    [
        (BY_PATH, "/b/k", "/b/k"),
        (BY_HOST, "/b/ü &amp; b", "/ü &amp; b"),
        (BY_HOST, "/b", "/"),
        (BY_HOST, "/bb/k", "/bb/k"),
        (OTHER_STORE, "/k", "/b/k"),
        (replace(OTHER_STORE, bucket=""), "/", "/"),
    ],
)
def test_the_resource_of_an_error_is_what_the_client_asked_for(way, resource, told):
    assert way.named(NO_KEY % resource.encode()) == NO_KEY % told.encode()


@pytest.mark.parametrize(("way", "told"), [(BY_HOST, b"/\xff\xe9"), (OTHER_STORE, b"/b/b/\xff\xe9")])
def test_an_address_that_is_no_utf_8_keeps_its_bytes(way, told):
    assert way.named(NO_KEY % b"/b/\xff\xe9") == NO_KEY % told
    odd = replace(way, bucket="ü")
    assert odd.named(NO_KEY % b"/\xff").endswith(b"\xff</Resource></Error>")


def test_where_addresses_are_told():
    assert tells_address(RestReply(404, "", XML), "GET")
    assert tells_address(RestReply(200, "", XML), "POST")
    assert not tells_address(RestReply(200, "", XML), "GET")  # may be an object
    assert not tells_address(RestReply(404, "", (("content-type", "text/html"),)), "GET")
    assert not tells_address(RestReply(404, "", (*XML, ("content-encoding", "gzip"))), "GET")


def test_an_error_is_changed_at_once_and_an_answer_while_it_passes():
    error = readdressed(RestReply(404, "Not Found", XML, NO_KEY % b"/b/k"), BY_HOST)
    assert error == RestReply(404, "Not Found", XML, NO_KEY % b"/k")
    answer = readdressed(RestReply(200, "OK", XML, Body("source", 7)), BY_HOST)
    assert (answer.body.source, answer.body.written) == ("source", None)
    (coding,) = (make() for make in answer.body.through)
    assert coding.feed(MADE % b"http://store:8333/b/k") == b""
    assert coding.close() == MADE % b"http://b.gate.example/k"


def test_blanks_before_a_document_pass_at_once():
    coding = Located(bytes.upper)
    assert [coding.feed(data) for data in (b" \n", b" ", b"\n<a", b" b", b"/>")] == [
        b" \n",
        b" ",
        b"\n",
        b"",
        b"",
    ]
    assert coding.close() == b"<A B/>"
    assert coding.length(7) == 7


def test_a_long_document_passes_as_it_is():
    coding = Located(bytes.upper)
    long = b"<" + b"a" * MOST
    assert coding.feed(b" ") + coding.feed(long[:5]) == b" "
    assert coding.feed(long[5:]) == long
    assert coding.feed(b"b") == b"b"
    assert coding.close() == b""
