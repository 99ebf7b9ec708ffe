"""obelix-curate: from the literature tables behind OBELiX to a checked, versioned release."""

__version__ = "0.1.0"
