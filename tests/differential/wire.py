"""Requests of HTTP that no client makes: wrong clocks, wrong bodies, signed chunks, odd paths.

They go over plain HTTP. A result is the status, its phrase, the header fields and the body; a
document of XML is read into lists, so that two writings of one document are equal.
"""

from __future__ import annotations

import http.client
import re
from typing import Any
from urllib.parse import quote, urlsplit

from lxml import etree

from tests.differential.places import USERS, Place
from tests.differential.plain import fields
from tests.differential.rows import How, Step
from tests.differential.signing import Signing, chunk_fields, in_chunks, sign_head

SILENCE_SECONDS = 30
IDS = {"RequestId", "HostId"}


def ask_wire(place: Place, how: How, step: Step) -> Any:
    """Return the reply to one request.

    Args:
        place: Where.
        how: Whose keys sign; nobody's: it is not signed.
        step: `call` is the method. Of the values, `path` (unescaped) or `target` (as it is) and
            `query` make the target, `headers` and `body` what follows, `signing` and `chunks` how;
            `length` is told as Content-Length, `instead` is sent in place of the body signed.

    """
    values = step.values
    target = values.get("target") or quote(values["path"], safe="/~")
    target += f"?{values['query']}" if values.get("query") else ""
    body, headers = values.get("body", b""), dict(values.get("headers", {}))
    user, chunks = USERS.get(how.user), values.get("chunks")
    if chunks is not None:
        headers.update(chunk_fields(body, chunks))
    address = urlsplit(place.plain_url).netloc
    host = f"{values['host']}.{address}" if "host" in values else address
    if user is not None:
        signing = values.get("signing", Signing())
        headers = sign_head(step.call, f"http://{host}{target}", headers, body, user=user, signing=signing)
        if chunks is not None:
            body = in_chunks(headers, body, user, chunks)
    body = values.get("instead", body)
    headers["Content-Length"] = str(values.get("length", len(body)))
    return _exchange(address, step.call, target, {"Host": host, **headers}, body)


def _exchange(address: str, method: str, target: str, headers: dict[str, str], body: bytes) -> dict[str, Any]:
    connection = http.client.HTTPConnection(address, timeout=SILENCE_SECONDS)
    try:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        reply = connection.getresponse()
        return {
            "status": reply.status,
            "reason": reply.reason,
            "headers": fields(dict(reply.getheaders())),
            "body": document(reply.read()),
        }
    except (http.client.HTTPException, OSError) as error:
        return {"raised": type(error).__name__}
    finally:
        connection.close()


def document(body: bytes) -> Any:
    """Return a document of XML as lists of a name and its text or elements, anything else as it is.

    Ids of requests are left out; elements of different names have no order among each other.
    """
    if not re.match(rb"\s*<[\w?]", body):
        return body
    try:
        return _tree(etree.fromstring(body))
    except etree.XMLSyntaxError:
        return body


def _tree(element: Any) -> list[Any]:
    inside = [_tree(each) for each in element if etree.QName(each).localname not in IDS]
    inside.sort(key=lambda each: each[0])
    return [etree.QName(element).localname, *(inside or [(element.text or "").strip()])]
