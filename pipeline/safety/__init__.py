"""What stands between the program and what is not its own: files that somebody hands in, files that a command writes, other processes."""
