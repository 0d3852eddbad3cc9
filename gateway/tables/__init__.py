"""What S3 is, as plain data: its errors, its operations, its contract."""
