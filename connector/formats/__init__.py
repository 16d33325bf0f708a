"""How dates and numbers are written in each language; pages name these formats, never a pattern of their own."""
