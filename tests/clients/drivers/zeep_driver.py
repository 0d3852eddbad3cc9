"""zeep behind the line protocol of tests/clients/foreign.py.

Arguments: address, access key, secret key, file of the WSDL, file of the trusted CA.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import sys
from typing import Any
from urllib.parse import quote, unquote

import requests
import zeep
from zeep.transports import Transport

CONTRACT = "http://s3.amazonaws.com/doc/2006-03-01/"
BINDING = f"{{{CONTRACT}}}AmazonS3SoapBinding"
LISTS = {"AccessControlList": "Grant", "TargetGrants": "Grant", "Buckets": "Bucket"}
HIDDEN = {"CreateBucket": "BucketName", "GetBucketLoggingStatus": "LoggingEnabled"}
"""Answers with one field: zeep gives that field's value in their place."""


def sign(operation: str, fields: dict[str, str], access_key: str, secret_key: str) -> dict[str, str]:
    """Add the security elements; fields that begin with @ say how to get them wrong."""
    moment = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=int(fields.get("@clock", "0")))
    timestamp = moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"
    secret = fields.get("@secret_key", secret_key)
    digest = hmac.new(secret.encode(), f"AmazonS3{operation}{timestamp}".encode(), hashlib.sha1).digest()
    signed = {
        "AWSAccessKeyId": fields.get("@access_key", access_key),
        "Timestamp": timestamp,
        "Signature": base64.b64encode(digest).decode(),
    }
    omitted = fields.get("@omit", "").split(",")
    own = {name: text for name, text in fields.items() if not name.startswith("@")}
    return own | {name: text for name, text in signed.items() if name not in omitted}


def tree(fields: dict[str, str]) -> dict[str, Any]:
    """Make a tree of the dotted paths: `a.0.b` is b of the first of the a's."""
    root: dict[str, Any] = {}
    for path, text in fields.items():
        *way, last = path.split(".")
        place = root
        for name in way:
            place = place.setdefault(name, {})
        place[last] = text
    return root


def argument(client: zeep.Client, name: str, node: Any) -> Any:
    """Make of a tree what zeep takes."""
    if name in LISTS:
        entries = node.values() if isinstance(node, dict) else ()
        return {LISTS[name]: [argument(client, "", entry) for entry in entries]}
    if name == "Grantee":
        kind = client.get_type(f"{{{CONTRACT}}}{node.pop('type')}")
        return kind(**node)
    if isinstance(node, dict):
        values = {child: argument(client, child, value) for child, value in node.items()}
        return list(values.values()) if "0" in values else values
    if name == "BucketLoggingStatus":
        return {}  # logging is to be off
    if name == "Data":
        return node.encode("latin-1")
    return node == "true" if node in ("true", "false") else node


def written(value: Any) -> str:
    """Return a single value as the protocol writes it."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dt.datetime):
        utc = value.astimezone(dt.UTC)
        return utc.strftime("%Y-%m-%dT%H:%M:%S.") + f"{utc.microsecond // 1000:03}Z"
    return str(value)


def flat(value: Any, path: str, name: str = "") -> dict[str, str]:
    """List the fields of what came, by path."""
    if value is None:
        return {}
    if name in LISTS:
        value = value[LISTS[name]] or []
    found: dict[str, str] = {}
    if isinstance(value, list):
        for number, entry in enumerate(value):
            found |= flat(entry, f"{path}.{number}")
    elif hasattr(value, "__values__"):
        if name == "Grantee":
            found[f"{path}.type"] = type(value).__name__
        for child, inner in value.__values__.items():
            found |= flat(inner, f"{path}.{child}", child)
    else:
        found[path] = written(value)
    return found


def line(kind: str, fields: dict[str, str]) -> str:
    """Return one line of the protocol."""
    words = [f"{path.lstrip('.')}={quote(text, safe='')}" for path, text in fields.items()]
    return "\t".join([kind, *words])


def call(client: zeep.Client, service: Any, operation: str, fields: dict[str, str]) -> str:
    """Call an operation, return the line that tells of it."""
    arguments = {name: argument(client, name, node) for name, node in tree(fields).items()}
    try:
        result = service[operation](**arguments)
    except zeep.exceptions.Fault as fault:
        told = {"code": str(fault.code).rpartition(":")[2], "message": str(fault.message)}
        for child in fault.detail if fault.detail is not None else ():
            told[f"detail.{child.tag}"] = child.text or ""
        return line("fault", told)
    except (requests.RequestException, zeep.exceptions.Error) as problem:
        return line("error", {"message": repr(problem)})
    return line("ok", flat(result, HIDDEN.get(operation, "")))


def main() -> None:
    """Answer the lines of standard input."""
    address, access_key, secret_key, wsdl, ca = sys.argv[1:]
    session = requests.Session()
    session.trust_env = False
    session.verify = ca
    transport = Transport(session=session, timeout=60, operation_timeout=60)
    client = zeep.Client(wsdl, transport=transport, settings=zeep.Settings(xml_huge_tree=True))
    service = client.create_service(BINDING, address)
    for asked in sys.stdin:
        operation, *words = asked.rstrip("\n").split("\t")
        fields = {path: unquote(text) for path, text in (word.split("=", 1) for word in words)}
        told = call(client, service, operation, sign(operation, fields, access_key, secret_key))
        print(told, flush=True)


if __name__ == "__main__":
    main()
