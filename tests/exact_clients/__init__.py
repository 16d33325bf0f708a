"""Exact clients that nobody here wrote, each run in an environment of its own against the sandbox."""
