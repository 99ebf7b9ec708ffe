"""Records into measurements, measurements into entries.

``linkage`` weighs how well two records agree; ``merge`` joins records into measurements; ``links`` finds the records of each entry in
the literature tables, among the candidates that ``finder`` weighs; ``accounting`` says what became of every measurement and record, and
ranks those that could still become entries.
"""

from pipeline.literature.accounting import accounted, records
from pipeline.literature.links import identifiers, links

__all__ = ["accounted", "identifiers", "links", "records"]
