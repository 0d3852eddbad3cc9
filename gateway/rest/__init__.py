"""S3 as REST speaks it: parse_X beside build_X, no I/O, no word of SOAP."""
