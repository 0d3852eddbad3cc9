"""nginx as a store with fixed replies: it costs next to nothing, so that it is never what is measured.

The bucket decides: in `bench` there is no key, which is a 404 with an error of 338 bytes; in `small` every
key has 200 bytes.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.nginx import answers
from tests.stores.processes import free_ports, running, spawn

NO_SUCH_KEY = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code>'
    "<Message>The specified key does not exist.</Message><Key>object</Key><BucketName>bench</BucketName>"
    "<Resource>/bench/object</Resource><RequestId>4442587FB7D0A2F9</RequestId>"
    "<HostId>abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz01</HostId></Error>"
)
SMALL = b"s" * 200
_CONFIGURATION = """
daemon off; worker_processes 1; pid {directory}/nginx.pid; error_log {directory}/error.log;
events {{ worker_connections 8192; }}
http {{
  access_log off; client_max_body_size 0; keepalive_requests 1000000000; keepalive_timeout 600;
  client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/f; uwsgi_temp_path {directory}/u; scgi_temp_path {directory}/s;
  sendfile on; tcp_nopush on; tcp_nodelay on; etag off; default_type application/octet-stream;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    add_header x-amz-request-id 4442587FB7D0A2F9 always;
    add_header x-amz-id-2 abcdefghijklmnopqrstuvwxyz0123456789 always;
    add_header ETag '"00000000000000000000000000000000"' always;
    location /bench/ {{ default_type application/xml; return 404 '{error}'; }}
    location /small/ {{ return 200 '{small}'; }}
  }}
}}
"""


@contextmanager
def running_store(directory: Path) -> Iterator[int]:
    """Run the store while the block runs, with its files in `directory`, which is made; give its port."""
    directory.mkdir()
    port = 0

    def start() -> subprocess.Popen[bytes]:
        nonlocal port
        (port,) = free_ports(1)
        configuration = directory / "nginx.conf"
        configuration.write_text(
            _CONFIGURATION.format(directory=directory, port=port, error=NO_SUCH_KEY, small=SMALL.decode())
        )
        return spawn(["nginx", "-p", directory, "-c", configuration], log=directory / "log")

    with running(start, lambda: answers(port), directory / "log"):
        yield port
