"""The release folder: tables, archives, metadata, checksums, the gate and the difference between two releases."""
