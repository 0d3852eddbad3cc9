"""Tells twistd that there is a command `s3gateway`."""

from twisted.application.service import ServiceMaker

s3gateway = ServiceMaker(
    "S3 gateway",
    "gateway.service.tap",
    "A proxy between the S3 SOAP and REST interfaces.",
    "s3gateway",
)
