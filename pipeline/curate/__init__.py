"""Which record became which entry, and what became of every record.

``linking`` finds the records of each entry in the two literature tables; ``accounting`` says what became of every measurement and
record, and ranks those that could still become entries.
"""

from pipeline.curate.accounting import accounted, records
from pipeline.curate.linking import identifiers, links

__all__ = ["accounted", "identifiers", "links", "records"]
