"""Dutch dates and numbers."""
