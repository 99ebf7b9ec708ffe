"""What the program may write to. One law for every command that writes:

* an output is never an input, by whatever name it goes (another spelling, a link, a hard link);
* a file takes the place of an earlier output of the same format or of an empty file; of any other only with ``--force``;
* a folder takes the place of a folder that is absent, empty, or holds nothing but what the program may replace there; never of the working
  folder, one of its parents, or a folder that holds a repository or the pins;
* links are followed first and stay links; hidden files stay where they are;
* everything is written beside and put in its place whole, or not at all.

:mod:`pipeline.safety.outputs.files` is the law for files, :mod:`pipeline.safety.outputs.folders` for folders.
"""

from pipeline.safety.outputs.files import Output
from pipeline.safety.outputs.folders import exchanged, require_place, visible, workspace

__all__ = ["Output", "exchanged", "require_place", "visible", "workspace"]
