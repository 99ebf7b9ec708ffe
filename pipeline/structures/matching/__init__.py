"""Structures for rows: descriptors, libraries, comparison in every setting."""
