"""The signatures that AWS's documentation prints, for the requests it prints them for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import quote

import pytest

from gateway.rest.authorization import Presented
from gateway.rest.signature import EMPTY_SHA256, UNSIGNED_PAYLOAD
from tests.rest.signed import ACCESS_KEY, NOW, ask, head_of, refusal

SCOPE = "20130524/us-east-1/s3/aws4_request"

CHUNKS_SIGN = (
    "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;"
    "x-amz-storage-class"
)
DOCUMENTED_V4 = {
    "range": (
        "GET /test.txt HTTP/1.1",
        ["Range: bytes=0-9"],
        "host;range;x-amz-content-sha256;x-amz-date",
        EMPTY_SHA256,
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    ),
    "put": (
        "PUT /test$file.text HTTP/1.1",  # signed as /test%24file.text
        ["Date: Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class: REDUCED_REDUNDANCY"],
        "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
        "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    ),
    "lifecycle": (
        "GET /?lifecycle HTTP/1.1",
        [],
        "host;x-amz-content-sha256;x-amz-date",
        EMPTY_SHA256,
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
    ),
    "list": (
        "GET /?max-keys=2&prefix=J HTTP/1.1",
        [],
        "host;x-amz-content-sha256;x-amz-date",
        EMPTY_SHA256,
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    ),
    "chunks": (
        "PUT /examplebucket/chunkObject.txt HTTP/1.1",
        [
            "x-amz-storage-class: REDUCED_REDUNDANCY",
            "Content-Encoding: aws-chunked",
            "x-amz-decoded-content-length: 66560",
            "Content-Length: 66824",
        ],
        CHUNKS_SIGN,
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
    ),
}


@pytest.mark.parametrize("name", DOCUMENTED_V4)
def test_the_published_examples_of_the_header(name):
    line, fields, names, payload, signature = DOCUMENTED_V4[name]
    host = "s3.amazonaws.com" if name == "chunks" else "examplebucket.s3.amazonaws.com"
    credential = f"Credential={ACCESS_KEY}/{SCOPE}, SignedHeaders={names},Signature={signature}"
    always = [
        f"Host: {host}",
        f"Authorization: AWS4-HMAC-SHA256 {credential}",
        f"x-amz-content-sha256: {payload}",
        "x-amz-date: 20130524T000000Z",
    ]
    head = head_of("\n".join((line, *always, *fields)))
    assert ask(head) == Presented(ACCESS_KEY, payload, "20130524T000000Z", SCOPE, signature)


PRESIGNED = f"""
    GET /test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={quote(f"{ACCESS_KEY}/{SCOPE}", safe="")}\
&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404 HTTP/1.1
    Host: examplebucket.s3.amazonaws.com
"""


def test_the_published_example_of_a_presigned_url():
    signature = "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    expected = Presented(ACCESS_KEY, UNSIGNED_PAYLOAD, "20130524T000000Z", SCOPE, signature, in_query=True)
    assert ask(head_of(PRESIGNED)) == expected
    assert ask(head_of(PRESIGNED), now=NOW + timedelta(days=1)) == expected
    assert (
        refusal(head_of(PRESIGNED), now=NOW + timedelta(days=1, seconds=1)).message == "Request has expired"
    )


DOCUMENTED_V2 = {
    "get": (
        """
        GET /photos/puppy.jpg HTTP/1.1
        Host: awsexamplebucket1.us-west-1.s3.amazonaws.com
        Date: Tue, 27 Mar 2007 19:36:42 +0000
        Authorization: AWS AKIAIOSFODNN7EXAMPLE:qgk2+6Sv9/oM7G3qLEjTH1a1l1g=
        """,
        "awsexamplebucket1",
    ),
    "put": (
        """
        PUT /photos/puppy.jpg HTTP/1.1
        Content-Type: image/jpeg
        Content-Length: 94328
        Host: awsexamplebucket1.s3.us-west-1.amazonaws.com
        Date: Tue, 27 Mar 2007 21:15:45 +0000
        Authorization: AWS AKIAIOSFODNN7EXAMPLE:iqRzw+ileNPu1fhspnRs8nOjjIA=
        """,
        "awsexamplebucket1",
    ),
    "list": (
        """
        GET /?prefix=photos&max-keys=50&marker=puppy HTTP/1.1
        User-Agent: Mozilla/5.0
        Host: awsexamplebucket1.s3.us-west-1.amazonaws.com
        Date: Tue, 27 Mar 2007 19:42:41 +0000
        Authorization: AWS AKIAIOSFODNN7EXAMPLE:m0WP8eCtspQl5Ahe6L1SozdX9YA=
        """,
        "awsexamplebucket1",
    ),
    "fetch": (
        """
        GET /?acl HTTP/1.1
        Host: awsexamplebucket1.s3.us-west-1.amazonaws.com
        Date: Tue, 27 Mar 2007 19:44:46 +0000
        Authorization: AWS AKIAIOSFODNN7EXAMPLE:82ZHiFIjc+WbcwFKGUVEQspPn+0=
        """,
        "awsexamplebucket1",
    ),
    # Printed with an x-amz-date beside another Date; the signature printed is that of the Date alone.
    "delete": (
        """
        DELETE /awsexamplebucket1/photos/puppy.jpg HTTP/1.1
        User-Agent: dotnet
        Host: s3.us-west-1.amazonaws.com
        Date: Tue, 27 Mar 2007 21:20:26 +0000
        Authorization: AWS AKIAIOSFODNN7EXAMPLE:XbyTlbQdu9Xw5o8P4iMwPktxQd8=
        """,
        "",
    ),
    "upload": (
        """
        PUT /db-backup.dat.gz HTTP/1.1
        User-Agent: curl/7.15.5
        Host: static.awsexamplebucket1.net:8080
        Date: Tue, 27 Mar 2007 21:06:08 +0000
        x-amz-acl: public-read
        content-type: application/x-download
        Content-MD5: 4gJE4saaMU4BqNR0kLY+lw==
        X-Amz-Meta-ReviewedBy: joe@awsexamplebucket1.net
        X-Amz-Meta-ReviewedBy: jane@awsexamplebucket1.net
        X-Amz-Meta-FileChecksum: 0x02661779
        X-Amz-Meta-ChecksumAlgorithm: crc32
        Content-Disposition: attachment; filename=database.dat
        Content-Encoding: gzip
        Content-Length: 5913339
        Authorization: AWS AKIAIOSFODNN7EXAMPLE:dKZcB+bz2EPXgSdXZp9ozGeOM4I=
        """,
        "static.awsexamplebucket1.net",
    ),
    "buckets": (
        """
        GET / HTTP/1.1
        Host: s3.us-west-1.amazonaws.com
        Date: Wed, 28 Mar 2007 01:29:59 +0000
        Authorization: AWS AKIAIOSFODNN7EXAMPLE:qGdzdERIC03wnaRNKh6OqZehG9s=
        """,
        "",
    ),
    "unicode": (
        """
        GET /dictionary/fran%C3%A7ais/pr%c3%a9f%c3%a8re HTTP/1.1
        Host: s3.us-west-1.amazonaws.com
        Date: Wed, 28 Mar 2007 01:49:49 +0000
        Authorization: AWS AKIAIOSFODNN7EXAMPLE:DNEZGsoieTZ92F3bUfSPQcbGmlM=
        """,
        "",
    ),
    "presigned": (
        """
        GET /photos/puppy.jpg?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D\
&Expires=1175139620 HTTP/1.1
        Host: johnsmith.s3.amazonaws.com
        """,
        "johnsmith",
    ),
}


@pytest.mark.parametrize("name", DOCUMENTED_V2)
def test_the_published_examples_of_version_2(name):
    text, bucket = DOCUMENTED_V2[name]
    dates = [line.partition(": ")[2] for line in text.splitlines() if line.strip().startswith("Date:")]
    moment = parsedate_to_datetime(dates[0]) if dates else datetime(2007, 3, 28, tzinfo=UTC)
    expected = Presented(ACCESS_KEY, in_query=name == "presigned")
    assert ask(head_of(text), bucket_in_host=bucket, now=moment) == expected
