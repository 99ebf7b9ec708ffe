"""The paper's benchmark: conductivities predicted from compositions and structures, and what the predictions are worth."""
