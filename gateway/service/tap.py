"""`twistd s3gateway`: its options, and the service they lead to.

This is the roof of the house: it alone reaches from configuration to shell, admin site and embedded store.

Whatever an operator can get wrong shows before anything starts and before any fork: mistakes are lines on
standard error and exit status 78, with `-n` and as a daemon. So the configuration is read while the options
are, and files are loaded and sockets bound where the service is made; both happen while twistd still holds
the terminal. The reactor is chosen first of all.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from random import SystemRandom
from typing import NoReturn, TypeVar, cast

from twisted.application.service import IService
from twisted.python import usage

import gateway
from gateway.embedded import Embedded, Ports, default_directory, prepare
from gateway.service.collector import set_aside
from gateway.service.config import Config, ConfigError, read_config
from gateway.service.handed import BAD_CONFIG, share_of
from gateway.service.reactors import install_reactor

T = TypeVar("T")


class Options(usage.Options):
    """The options of `twistd s3gateway`.

    Attributes:
        config: What they lead to.
        embedded: The embedded store and what belongs to it; None with a configuration file.

    """

    synopsis = "[--config FILE]"
    longdesc = (
        "Run s3gateway, between the S3 SOAP and REST interfaces. Without --config it runs a store of "
        "its own, with a self-signed certificate and demo credentials, and tells how to call it."
    )
    optParameters = [  # noqa: RUF012, N815 - Twisted's name and form
        ["config", "c", None, "The configuration; config.example.ini documents every key."],
        ["data", None, None, "Without --config: where data, keys and certificate are [S3GATEWAY_DATA]."],
        ["http", None, None, "Without --config: the plain port on the loopback [8080].", int],
        ["https", None, None, "Without --config: the port with TLS [8443].", int],
        ["admin", None, None, "Without --config: the admin site's port [9180].", int],
    ]

    config: Config
    embedded: Embedded | None = None

    def postOptions(self) -> None:  # noqa: N802 - Twisted's name
        """Choose the reactor and read the configuration, or prepare to do without one."""
        install_reactor()
        own = {name: self[name] for name in ("http", "https", "admin") if self[name] is not None}
        if self["config"] is None:
            directory = Path(self["data"]) if self["data"] else default_directory(os.environ)
            self.embedded = _or_exit(lambda: prepare(directory, Ports(**own)))
            self.config = self.embedded.config
        elif own or self["data"] is not None:
            raise usage.UsageError("--data, --http, --https and --admin are for a start without --config")
        else:
            self.config = _or_exit(lambda: read_config(Path(self["config"])))


def makeService(options: Options) -> IService:  # noqa: N802 - Twisted's name
    """Bind the sockets and return the service that uses them.

    Args:
        options: As they were parsed.

    Raises:
        SystemExit: Something is wrong; standard error has a line for each mistake.

    """
    return _or_exit(lambda: _make_service(options))


def _make_service(options: Options) -> IService:
    from twisted.internet import reactor  # noqa: PLC0415 - importing it chooses it

    from gateway.admin.site import AdminFactory, Pages  # noqa: PLC0415 - imports more of Twisted's web
    from gateway.proxy.carrier import carrier_for  # noqa: PLC0415
    from gateway.seaweedfs.process import SeaweedFS  # noqa: PLC0415
    from gateway.service.assembly import assemble  # noqa: PLC0415
    from gateway.service.listeners import bind_all  # noqa: PLC0415
    from gateway.service.metrics import Metrics  # noqa: PLC0415
    from gateway.service.running import Clients, Running, allow_files, files_for, start_line  # noqa: PLC0415
    from gateway.service.serving import Serving  # noqa: PLC0415
    from gateway.service.shared import Numbers  # noqa: PLC0415
    from gateway.service.workers import Workers, count_of  # noqa: PLC0415

    config, embedded = options.config, options.embedded
    carrier = carrier_for(reactor)
    count = count_of(config.gateway.workers)
    share = share_of(config, count)
    # With workers this is put together to find every mistake now; each of them does it again.
    assembly = assemble(share, carrier, reactor, Numbers())
    admin = [config.gateway.admin] if config.gateway.admin is not None else []
    try:
        bound = bind_all([*admin, *config.gateway.listen], os.environ)
    except ConfigError as error:
        if embedded is None:
            raise
        raise ConfigError(*(f"{line} with --http, --https or --admin" for line in error.lines)) from error
    listeners = bound[len(admin) :]
    clients: Clients = (
        Serving(config, assembly, listeners, carrier=carrier, reactor=reactor)
        if count == 1
        else Workers(config, listeners, count, reactor)
    )
    told = start_line(
        carrier, count, listeners, admin=bound[0] if admin else None, store_url=assembly.store_url
    )
    warnings = (*assembly.warnings, *allow_files(files_for(share.limits)))
    running = Running(
        clients, told=told, warnings=warnings, drain_delay=config.gateway.drain_delay, reactor=reactor
    )
    if admin:
        info = {"version": gateway.__version__, "reactor": carrier.reactor_name, "carrier": carrier.name}
        metrics = Metrics(clients.totals, clients.pids, info)
        pages = Pages(unready=running.unready, exposition=metrics.exposition)
        running.admin = (bound[0], AdminFactory(pages, reactor))
    if embedded is not None:
        running.store = SeaweedFS(embedded.store, reactor, SystemRandom(), running.give_up)
        print("\n".join(embedded.told), flush=True)  # noqa: T201 - before the fork there is no log
    reactor.callWhenRunning(set_aside)
    return cast(IService, running)  # zope's interfaces say nothing to mypy


def _or_exit(work: Callable[[], T]) -> T:
    """Return what `work` does, or tell its mistakes and exit."""
    try:
        return work()
    except ConfigError as error:
        _exit(error)


def _exit(error: ConfigError) -> NoReturn:
    for line in error.lines:
        print(line, file=sys.stderr)  # noqa: T201 - it is for the operator's terminal
    sys.exit(BAD_CONFIG)
