"""The service: configuration, listeners, and what `twistd s3gateway` starts."""
