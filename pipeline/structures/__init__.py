"""Structure files: read, verified, matched, perturbed."""
