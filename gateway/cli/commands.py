"""The command line beside `twistd s3gateway`: look at a configuration, at the errors, and call the gateway.

Nothing here runs the gateway. Each command is a function that takes the parsed options and gives an exit
status, those of sysexits.h where it has one. Answers go to standard output, everything about them to
standard error. What a command alone needs is imported by it, so that the small ones start at once.
"""

from __future__ import annotations

import argparse
import json
import os
import ssl
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NoReturn

import gateway
from gateway.cli.columns import aligned, answer_lines, printable
from gateway.messages import Ids, Problem, RestReply
from gateway.tables.errors import ERRORS, REST_ONLY, Error, message_of, row_for

OK: Final = 0
FAULT: Final = 1
"""The gateway answered with a fault; also: nothing was found."""
NO_ANSWER: Final = 2
"""No answer came: no connection, no trust, no SOAP."""
USAGE: Final = 64
NOT_READABLE: Final = 65
"""What stood on standard input is not what was expected."""
CANNOT_WRITE: Final = 73
BAD_CONFIG: Final = 78
INTERRUPTED: Final = 130
READER_LEFT: Final = 141
"""Whoever read our output closed it, as `head` does: the status a shell gives for SIGPIPE."""

CALL_EPILOG: Final = """\
fields:
  Name=value                 as the contract names them: Bucket=photos Key=2009/a.jpg
  Outer.Inner=value          BucketLoggingStatus.LoggingEnabled.TargetBucket=logs
  Metadata.Name=value        Metadata.Content-Type=image/jpeg
  Grant=PERMISSION:WHO       WHO is id=..., email=... or uri=...; AccessControlList= is an empty list
  file=PATH                  what PutObject attaches, of any size, in DIME; ContentLength follows from it
  file=PATH or Data=@PATH    the data of PutObjectInline
  out=PATH                   where the data of GetObject goes, of any size; InlineData=false by default then

exit status: 0 answer, 1 fault, 2 no answer, 64 wrong use, 73 out=PATH cannot be written,
78 bad configuration or credentials file
"""


class CommandError(Exception):
    """A command cannot be carried out; the text is what to tell, `status` what to exit with."""

    def __init__(self, status: int, text: str) -> None:
        """Take both."""
        super().__init__(text)
        self.status = status


class Parser(argparse.ArgumentParser):
    """argparse, with the exit status that sysexits.h has for wrong use; its own, 2, is no answer here."""

    def error(self, message: str) -> NoReturn:
        """Tell what is wrong and how it is used."""
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command; return the exit status.

    Args:
        arguments: The words behind the program's name; by default those it was started with.

    """
    options = parse_arguments(arguments)
    try:
        status: int = options.command(options)
        sys.stdout.flush()
    except CommandError as error:
        print(f"s3gateway: {error}", file=sys.stderr)
        return error.status
    except BrokenPipeError:
        # Python would meet the same error again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_LEFT
    except KeyboardInterrupt:
        return INTERRUPTED
    return status


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line; on a mistake tell it and exit."""
    parser = _make_parser()
    options, left = parser.parse_known_args(arguments)
    # argparse takes positional words in one run only; an option may stand between the fields of a call.
    if left and (not hasattr(options, "fields") or any(word.startswith("-") for word in left)):
        parser.error(f"unrecognized arguments: {' '.join(left)}")
    if left:
        options.fields += left
    return options


def _make_parser() -> Parser:
    parser = Parser(prog="s3gateway", description="Tools beside `twistd s3gateway`, which runs the gateway.")
    parser.add_argument("--version", action="version", version=f"s3gateway {gateway.__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    check = commands.add_parser("check-config", help="read a configuration and tell every mistake in it")
    check.add_argument("file", type=Path, metavar="FILE")
    check.set_defaults(command=check_config)

    errors = commands.add_parser("errors", help="print the table of errors")
    errors.add_argument("filter", nargs="?", default="", help="only rows that contain this, in any column")
    errors.add_argument("--json", action="store_true", help="a JSON list, with the detail names of each code")
    errors.set_defaults(command=print_errors)

    text = "read a REST error or a SOAP fault from standard input, write the other form"
    translation = commands.add_parser("translate", help=text, description=text)
    translation.add_argument(
        "--status", type=int, help="HTTP status of the REST error; it decides where the code is unknown"
    )
    translation.set_defaults(command=translate)

    text = "call an operation as a SOAP client does, print the answer"
    call_ = commands.add_parser(
        "call",
        help=text,
        description=text,
        epilog=CALL_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    call_.add_argument("operation", metavar="OPERATION")
    call_.add_argument("fields", nargs="*", metavar="Name=value")
    call_.add_argument(
        "--config", type=Path, metavar="FILE", help="take address and keys from a configuration"
    )
    call_.add_argument(
        "--endpoint", metavar="URL", help="address of the service (default: https://localhost:8443/soap)"
    )
    call_.add_argument(
        "--ca", type=Path, metavar="FILE", help="trust the certificates in this PEM file alone"
    )
    call_.add_argument(
        "--credentials", type=Path, metavar="FILE", help="file of access keys, a profile a user"
    )
    call_.add_argument("--profile", help="which of them (default: the profile `default`, or the only one)")
    call_.add_argument("--anonymous", action="store_true", help="send no signature")
    call_.add_argument("--xml", action="store_true", help="print the answer as it came")
    call_.set_defaults(command=call)
    return parser


def check_config(options: argparse.Namespace) -> int:
    """Read a configuration, and the credentials and certificates it names; print a line for each mistake."""
    from gateway.service.assembly import server_tls  # noqa: PLC0415 - this command's alone
    from gateway.service.config import ConfigError, read_config  # noqa: PLC0415 - the same
    from gateway.service.credentials import read_users  # noqa: PLC0415 - the same

    try:
        config = read_config(options.file)
        read_users(config.credentials.file)
        server_tls(config, "native")
    except ConfigError as error:
        print(error, file=sys.stderr)
        return BAD_CONFIG
    print(f"{options.file}: good")
    return OK


# -- errors -----------------------------------------------------------------------------------


def print_errors(options: argparse.Namespace) -> int:
    """Print the rows of the table that contain the filter, in any case."""
    wanted = options.filter.lower()
    rows = [row for row in ERRORS if wanted in "  ".join(columns_of(row)).lower()]
    if not rows:
        print(f"s3gateway: no error has {options.filter!r} in any column", file=sys.stderr)
        return FAULT
    if options.json:
        print(json.dumps([as_json(row) for row in rows], indent=1))
        return OK
    head = ("code", "status", "reason", "prefix", "message")
    for line in aligned([head, *map(columns_of, rows)]):
        print(line)
    return OK


def columns_of(row: Error) -> tuple[str, str, str, str, str]:
    """Return a row as it is shown: what a code does not have in one of the protocols is N/A."""
    status = str(row.status) if row.status else "N/A"
    return row.code, status, row.reason or "N/A", row.prefix or "none", message_of(row.code, row.message)


def as_json(row: Error) -> dict[str, Any]:
    """Return a row for programs."""
    return {
        "code": row.code,
        "status": row.status,
        "reason": row.reason,
        "prefix": None if row.prefix == REST_ONLY else row.prefix,
        "message": message_of(row.code, row.message),
        "details": row.details,
    }


# -- translate --------------------------------------------------------------------------------


def translate(options: argparse.Namespace) -> int:
    """Read an error in one form, write it in the other; tell the row of the table that it is."""
    from gateway.rest.errors import build_error, parse_error  # noqa: PLC0415 - this command's alone
    from gateway.soap.faults import build_fault, fault_code, parse_fault  # noqa: PLC0415 - the same
    from gateway.wire.markup import MarkupError, local, parse  # noqa: PLC0415 - the same

    message = sys.stdin.buffer.read()
    try:
        root = local(parse(message))
        fault = parse_fault(message) if root != "Error" else None
    except MarkupError as error:
        raise CommandError(NOT_READABLE, f"standard input is no XML that can be read: {error}") from error
    if root != "Error" and fault is None:
        raise CommandError(NOT_READABLE, f"<{root}> is neither a REST error nor a SOAP fault")
    ids = Ids("", "")
    if fault is None:
        problem = parse_error(RestReply(options.status or 400, "", (), message), "object")
        form, body = f"SOAP fault {fault_code(problem)}, HTTP 500", build_fault(problem, ids)
    else:
        problem = fault
        reply = build_error(problem, ids)
        form = f"REST error, HTTP {reply.status} {reply.reason}"
        body = b"".join(piece for piece in reply.pieces if isinstance(piece, bytes))
    print(f"{_row_text(problem)}\n{form}", file=sys.stderr)
    print(body.decode())
    return OK


def _row_text(problem: Problem) -> str:
    """Return the row that a problem was found to be, in a line."""
    row = row_for(problem.code, problem.message, problem.status)
    if row not in ERRORS:
        return f"no row: {printable(problem.code)} is not in the table and takes the prefix of its class"
    code, status, reason, prefix, message = columns_of(row)
    return f"row: {code} | {status} {reason} | {'REST only' if prefix == REST_ONLY else prefix} | {message}"


# -- call -------------------------------------------------------------------------------------


def call(options: argparse.Namespace) -> int:
    """Call an operation; print what came of it."""
    from gateway.cli import call as soap  # noqa: PLC0415 - zeep takes a quarter of a second
    from gateway.cli.arguments import FieldError, read_fields, take_files  # noqa: PLC0415 - this command's alone
    from gateway.cli.files import FileProblemError, Out, Progress, Transfer  # noqa: PLC0415 - the same
    from gateway.cli.post import NoAnswerError  # noqa: PLC0415 - the same
    from gateway.service.documents import own_documents  # noqa: PLC0415 - the same

    endpoint, trust, keys = _target(options)
    client = soap.SoapClient(own_documents(), endpoint, trust)
    try:
        fields, attached, path = take_files(client.contract, options.operation, options.fields)
        values = read_fields(client.contract, options.operation, fields)
        if keys:
            values = soap.security_elements(options.operation, *keys, datetime.now(UTC)) | values
        with Out(path) as out:
            transfer = Transfer(attached, out, Progress(sys.stderr))
            answer = client.call(options.operation, values, transfer)
    except FieldError as error:
        raise CommandError(USAGE, str(error)) from error
    except FileProblemError as error:
        raise CommandError(CANNOT_WRITE, str(error)) from error
    except NoAnswerError as error:
        raise CommandError(NO_ANSWER, str(error)) from error
    except soap.FaultError as error:
        if options.xml:
            print(client.xml.decode(errors="replace"))
        print("\n".join(map(printable, error.lines)), file=sys.stderr)
        return FAULT
    if options.xml:
        print(client.xml.decode(errors="replace"))
    else:
        print("\n".join(answer_lines(answer)) or f"{options.operation}: done")
    return OK


def _target(options: argparse.Namespace) -> tuple[str, ssl.SSLContext, tuple[str, str] | None]:
    """Return the address to call, whom to trust there, and the keys that sign, None for nobody's."""
    from gateway.cli.target import endpoint_of, keys_of, trust_of  # noqa: PLC0415 - the same
    from gateway.service.config import ConfigError, read_config  # noqa: PLC0415 - this command's alone

    try:
        config = None if options.config is None else read_config(options.config)
        endpoint = endpoint_of(config, options.endpoint)
        trust = trust_of(config, options.ca)
        keys = None if options.anonymous else keys_of(config, options.credentials, options.profile)
    except ConfigError as error:
        raise CommandError(BAD_CONFIG, str(error)) from error
    return endpoint, trust, keys
