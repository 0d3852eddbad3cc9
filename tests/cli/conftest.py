"""The double as a TLS server, and the command line pointed at it."""

from __future__ import annotations

import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from gateway.cli import main
from tests.cli.double import ACCESS_KEY, SECRET, Double, make_certificate


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def double(certificate):
    state = Double()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            state.headers = {name.lower(): value for name, value in self.headers.items()}
            state.message = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(state.status)
            if state.content_type:
                self.send_header("Content-Type", state.content_type)
            self.send_header("Content-Length", str(len(state.body)))
            self.end_headers()
            self.wfile.write(state.body)

        def log_message(self, *arguments):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, certificate.with_name("key.pem"))
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *arguments: None  # a client that does not trust us leaves at once
        state.endpoint = f"https://localhost:{server.server_port}/soap"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield state
        server.shutdown()
        thread.join()


@pytest.fixture
def credentials(tmp_path):
    file = tmp_path / "keys"
    file.write_text(
        f"[default]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET}\n"
        "[other]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = theirs\nregion = eu\n"
        "[broken]\naws_access_key_id = AKIABROKEN\n"
    )
    return file


@pytest.fixture
def call(double, certificate, credentials, capsys):
    """Call the double; return exit status and both outputs."""

    def run(*arguments, keys=("--credentials", str(credentials))):
        where = ("--endpoint", double.endpoint, "--ca", str(certificate), *keys)
        try:
            status = main(("call", *where, *arguments))
        except SystemExit as stop:
            status = stop.code
        out, err = capsys.readouterr()
        assert SECRET not in out + err
        return status, out, err

    return run
