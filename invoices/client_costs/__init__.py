"""The cost center and cost unit of a client (B-14): an admin's page for them, and what a copy reads."""

from __future__ import annotations
