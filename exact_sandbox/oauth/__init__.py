"""Log-on, consent and tokens as Exact's OAuth2 server hands them out."""

from __future__ import annotations
