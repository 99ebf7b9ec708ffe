"""One module a source, each giving one typed table."""
