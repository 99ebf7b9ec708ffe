"""obelix-curate: from the literature tables behind OBELiX to a checked, versioned release."""

import os

__version__ = "0.1.0"

# pandas 3 keeps text as "str"; the 2.3 line does so when asked before it is imported. One dtype, one code.
os.environ.setdefault("PANDAS_FUTURE_INFER_STRING", "1")
# spglib tells by an exception, not by None and a warning, that it found no symmetry.
os.environ.setdefault("SPGLIB_OLD_ERROR_HANDLING", "0")
# Its C code writes a line to standard error for each attempt that fails, past every handler.
os.environ.setdefault("SPGLIB_WARNING", "OFF")
