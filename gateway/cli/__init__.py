"""The command line `s3gateway`: look at a configuration, at the errors, and call the gateway.

    commands       the commands, their options and exit statuses
    call           a SOAP client on zeep
    arguments      the fields of a call as an operator writes them
    target         where a call goes, whom it trusts there, and as whom
    columns        text for terminals

Only commands prints; zeep and the configuration are imported by the commands that need them.
"""

from gateway.cli.commands import main

__all__ = ["main"]
