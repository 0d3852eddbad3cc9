"""s3gateway: between the two protocols of S3, SOAP and REST.

The map of the house, lowest floor first; a file imports only from its own floor or from below.

    messages       the shared vocabulary, frozen
    tables/        what S3 is, data only: errors, operations, the contract
    wire/          the grammars both languages stand on: markup (XML), http1
    soap/          a language: serve turns a client's request into Calls, ask a Call into requests
    rest/          the other language, by the same names; the two never import each other
    conversation   joins a serve and an ask, and knows neither language
    proxy/         the shell: bytes, time and connections; from here on Twisted is imported
    service/       configuration, listeners, `twistd s3gateway`
    admin/         health and metrics
    embedded       the store that runs when none is configured, with seaweedfs/ and leash
    cli/           the command line

Everything below proxy/ is free of I/O: generators that yield what they want sent.
"""

__version__ = "0.1.0"
