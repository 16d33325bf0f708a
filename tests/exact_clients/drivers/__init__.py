"""Programs that run inside a foreign client's environment; only the standard library and that client are there."""
