"""German dates and numbers."""
