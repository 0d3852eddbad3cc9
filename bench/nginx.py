"""nginx, the yardstick: a relay of plain REST over TLS.

Set up in two ways: with nginx's own defaults, which read a request's body into a file before the store hears
of it; and as nginx is at its best for large bodies, passing them on as they come through large buffers.
"""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.clients.certificates import Certificates
from tests.stores.processes import free_ports, running, spawn

_TUNED = """
      proxy_request_buffering off; client_body_buffer_size 1m; proxy_max_temp_file_size 0;
      proxy_buffers 16 512k; proxy_buffer_size 512k; proxy_busy_buffers_size 1m;
"""
_CONFIGURATION = """
user root; daemon off; worker_processes 1; pid {directory}/nginx.pid; error_log {directory}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; client_max_body_size 0;
  client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy; sendfile on;
  fastcgi_temp_path {directory}/f; uwsgi_temp_path {directory}/u; scgi_temp_path {directory}/s;
  default_type application/octet-stream; keepalive_requests 1000000;
  upstream store {{ server 127.0.0.1:{store}; keepalive 16; }}
  server {{
    listen 127.0.0.1:{relay} ssl; ssl_certificate {certificate}; ssl_certificate_key {key};
    location / {{
      proxy_pass http://store; proxy_http_version 1.1; proxy_set_header Connection "";
      {buffers}
    }}
  }}
}}
"""


def answers(port: int) -> bool:
    """Tell whether somebody listens on a port of the loopback."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@contextmanager
def running_nginx(
    directory: Path, certificates: Certificates, store: int, *, tuned: bool
) -> Iterator[tuple[int, int]]:
    """Run a relay; give its port and its process id.

    Args:
        directory: For its files; it is made.
        certificates: Its own.
        store: The port of the store behind it.
        tuned: Whether it is at its best for large bodies; else it has nginx's defaults.

    """
    directory.mkdir()
    port = 0

    def start() -> subprocess.Popen[bytes]:
        nonlocal port
        (port,) = free_ports(1)
        configuration = directory / "nginx.conf"
        configuration.write_text(
            _CONFIGURATION.format(
                directory=directory,
                store=store,
                relay=port,
                buffers=_TUNED if tuned else "",
                certificate=certificates.certificate,
                key=certificates.key,
            )
        )
        return spawn(["nginx", "-p", directory, "-c", configuration], log=directory / "nginx.log")

    with running(start, lambda: answers(port), directory / "nginx.log") as process:
        yield port, process.pid
