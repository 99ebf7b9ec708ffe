"""The contracts: every column once, and one module a table that stands on those columns."""
