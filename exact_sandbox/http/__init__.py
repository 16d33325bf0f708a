"""HTTP/1.1 over sockets: reading requests a stranger sent, writing answers, also broken ones."""

from __future__ import annotations
