"""Cells of a workbook file changed where they stand: every other byte of its parts stays.

A library that reads a workbook and writes it anew loses what it does not know (drawings, extensions, rich text, threaded comments) and
writes the clock into it. Here the XML of the parts concerned is spliced: the changed cells, one fill and the styles that bear it, notes.
"""

from pipeline.release.inplace.edit import Change, changed

__all__ = ["Change", "changed"]
