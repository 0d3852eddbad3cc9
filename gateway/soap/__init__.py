"""S3 as SOAP speaks it: parse_X beside build_X, no I/O, no word of REST."""
