"""Run the whole product on one machine: database, broker, sandbox, web, worker and beat."""

from __future__ import annotations
