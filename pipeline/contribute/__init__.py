"""Rows from contributors: checked, accepted, compared with what the dataset holds."""
