"""The grammars both languages stand on, without I/O: XML and HTTP/1."""
