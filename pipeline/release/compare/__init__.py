"""Two releases beside each other: entries, cells, structures."""
