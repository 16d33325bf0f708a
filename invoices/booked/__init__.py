"""What Exact really has of a document, as it was last read: kept beside what was expected of it, and shown against it."""

from __future__ import annotations
