"""nginx and haproxy as relays of plain REST, without and with TLS, each on its core and at its best.

nginx relays small answers with its own buffers, and what is below /large/ with those that suit large bodies:
512 KiB each way, request bodies passed on as they come. haproxy has buffers of 128 KiB and one thread.
Both keep connections to the store. In a handshake of TLS 1.3 nginx gives one ticket
as the gateway does; haproxy has no such setting and gives OpenSSL's two.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.cores import held_to
from bench.nginx import answers
from tests.clients.certificates import Certificates
from tests.stores.processes import free_ports, running, spawn

_NGINX = """
daemon off; worker_processes 1; pid {directory}/nginx.pid; error_log {directory}/error.log;
events {{ worker_connections 8192; }}
http {{
  access_log off; client_max_body_size 0; keepalive_requests 1000000000; keepalive_timeout 600;
  client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/f; uwsgi_temp_path {directory}/u; scgi_temp_path {directory}/s;
  upstream store {{ server 127.0.0.1:{store}; keepalive 64; keepalive_requests 1000000000; }}
  proxy_http_version 1.1; proxy_set_header Connection "";
  server {{
    listen 127.0.0.1:{plain} backlog=4096; listen 127.0.0.1:{tls} ssl backlog=4096;
    ssl_certificate {certificate}; ssl_certificate_key {key}; ssl_protocols TLSv1.2 TLSv1.3;
    ssl_conf_command NumTickets 1;
    location / {{ proxy_pass http://store; }}
    location /large/ {{
      proxy_pass http://store;
      client_body_buffer_size 1m; proxy_request_buffering off; proxy_max_temp_file_size 0;
      proxy_buffers 16 512k; proxy_buffer_size 512k; proxy_busy_buffers_size 1m;
    }}
  }}
}}
"""

_HAPROXY = """
global
  nbthread 1
  maxconn 4096
  tune.bufsize 131072
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend relay
  bind 127.0.0.1:{plain} backlog 4096
  bind 127.0.0.1:{tls} ssl crt {both} ssl-min-ver TLSv1.2
  default_backend store
backend store
  http-reuse always
  server store 127.0.0.1:{store}
"""


@dataclass(frozen=True, slots=True)
class Relay:
    """A relay that runs: its process, and where it is asked without TLS and with it."""

    pid: int
    plain: str
    tls: str


@contextmanager
def serving_relay(
    name: str, directory: Path, core: int, store: int, certificates: Certificates
) -> Iterator[Relay]:
    """Run a relay on its core while the block runs.

    Args:
        name: nginx or haproxy.
        directory: For its files; it is made.
        core: Where it runs.
        store: The port of the store.
        certificates: Its own.

    """
    directory.mkdir()
    configuration, log, both = directory / "conf", directory / "log", directory / "both.pem"
    both.write_bytes(certificates.certificate.read_bytes() + certificates.key.read_bytes())
    relays: dict[str, tuple[str, list[str | Path]]] = {
        "nginx": (_NGINX, ["nginx", "-p", directory, "-c", configuration]),
        "haproxy": (_HAPROXY, ["haproxy", "-db", "-f", configuration]),
    }
    template, command = relays[name]
    plain = tls = 0

    def start() -> subprocess.Popen[bytes]:
        nonlocal plain, tls
        plain, tls = free_ports(2)
        told = {"directory": directory, "store": store, "plain": plain, "tls": tls, "both": both}
        told |= {"certificate": certificates.certificate, "key": certificates.key}
        configuration.write_text(template.format(**told))
        with held_to(core):
            return spawn(command, log=log)

    with running(start, lambda: answers(plain) and answers(tls), log) as process:
        yield Relay(process.pid, f"http://127.0.0.1:{plain}", f"https://127.0.0.1:{tls}")
