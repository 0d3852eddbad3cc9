"""S3's SOAP interface by Spyne and boto3: a service that a user of Python would write.

Spyne reads the message and writes the answer, boto3 asks the store. The signature is checked as Amazon
did; a store's error becomes a fault. Made as fast as its parts allow without writing them anew: no
validation beside the types, no logging, keep-alive connections for every thread, no retries.

Run: python -m bench.peers.spyne_service SERVER PORT THREADS STORE; SERVER is waitress or gunicorn.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from spyne import Application, Boolean, ComplexModel, DateTime, Fault, ServiceBase, Unicode, rpc
from spyne.protocol.soap import Soap11
from spyne.server.wsgi import WsgiApplication

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
USERS = {"BENCHKEY": "bench-secret"}
SKEW = timedelta(minutes=15)


class Answer(ComplexModel):
    """What GetObject is answered with; data goes inline."""

    __namespace__ = NAMESPACE
    Data = Unicode
    LastModified = DateTime
    ETag = Unicode


def check(operation: str, access_key: str, timestamp: str, signature: str) -> None:
    """Check who calls; a Fault says that it is nobody."""
    secret = USERS.get(access_key)
    if secret is None:
        raise Fault("Client.InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist.")
    if abs(datetime.now(UTC) - datetime.fromisoformat(timestamp)) > SKEW:
        raise Fault("Client.RequestTimeTooSkewed", "The difference of the times is too large.")
    made = hmac.new(secret.encode(), f"AmazonS3{operation}{timestamp}".encode(), hashlib.sha1).digest()
    if not hmac.compare_digest(base64.b64encode(made), signature.encode()):
        raise Fault("Client.SignatureDoesNotMatch", "The signature does not match.")


def service(client: Any) -> type[ServiceBase]:
    """Return the service in front of a store."""

    class AmazonS3(ServiceBase):
        @rpc(
            Unicode, Unicode, Boolean, Boolean, Boolean, Unicode, Unicode, Unicode,
            _returns=Answer, _out_variable_name="GetObjectResponse",
        )  # fmt: skip
        def GetObject(  # noqa: N802, PLR0913, PLR0917 - Amazon's names, as its arguments
            ctx: Any,  # noqa: N805 - Spyne's form
            Bucket: str,  # noqa: N803
            Key: str,  # noqa: N803
            GetMetadata: bool,  # noqa: N803, ARG002
            GetData: bool,  # noqa: N803, ARG002
            InlineData: bool,  # noqa: N803, ARG002
            AWSAccessKeyId: str,  # noqa: N803
            Timestamp: str,  # noqa: N803
            Signature: str,  # noqa: N803
        ) -> Answer:
            check("GetObject", AWSAccessKeyId, Timestamp, Signature)
            try:
                found = client.get_object(Bucket=Bucket, Key=Key)
            except ClientError as refused:
                error = refused.response["Error"]
                raise Fault(f"Client.{error['Code']}", error["Message"]) from None
            data = base64.b64encode(found["Body"].read()).decode()
            return Answer(Data=data, LastModified=found["LastModified"], ETag=found["ETag"])

    return AmazonS3


def application(store: str, threads: int) -> Callable[..., Iterable[bytes]]:
    """Return the WSGI application in front of a store."""
    client = boto3.client(
        "s3",
        endpoint_url=store,
        region_name="us-east-1",
        aws_access_key_id="BENCHKEY",
        aws_secret_access_key=USERS["BENCHKEY"],
        config=Config(
            max_pool_connections=threads,
            retries={"total_max_attempts": 1},
            parameter_validation=False,
            s3={"addressing_style": "path"},
        ),
    )
    soap = Soap11(validator="soft")
    return WsgiApplication(Application([service(client)], NAMESPACE, in_protocol=soap, out_protocol=Soap11()))


def serve_waitress(port: int, threads: int, store: str) -> None:
    """Serve by waitress for ever."""
    import waitress  # noqa: PLC0415 - only the one that is asked for

    waitress.serve(application(store, threads), host="127.0.0.1", port=port, threads=threads, backlog=1024)


def serve_gunicorn(port: int, threads: int, store: str) -> None:
    """Serve by gunicorn, one worker with threads, for ever."""
    from gunicorn.app.base import BaseApplication  # noqa: PLC0415 - only the one that is asked for

    class Served(BaseApplication):
        def load_config(self) -> None:
            for name, value in {
                "bind": f"127.0.0.1:{port}",
                "worker_class": "gthread",
                "threads": threads,
                "keepalive": 75,
                "loglevel": "warning",
            }.items():
                self.cfg.set(name, value)

        def load(self) -> Callable[..., Iterable[bytes]]:
            return application(store, threads)

    Served().run()


if __name__ == "__main__":
    _, server, port, threads, store = sys.argv
    serve = {"waitress": serve_waitress, "gunicorn": serve_gunicorn}[server]
    serve(int(port), int(threads), store)
