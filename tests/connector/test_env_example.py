"""The list of settings people copy is complete and says nothing that does not exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
READ = re.compile(
    r"""env\.(?:text|flag|integer|words|url|url_template|encryption_keys)\(\s*"([A-Z_]+)\""""
)
LISTED = re.compile(r"^#?([A-Z_]+)=", re.MULTILINE)
COMPOSE = re.compile(r"\$\{([A-Z_]+)")


def test_env_example_lists_every_setting_that_is_read_and_no_other():
    product = [
        path
        for part in ("connector", "integrations", "invoices", "payments")
        for path in (ROOT / part).rglob("*.py")
    ]
    read = {name for path in product for name in READ.findall(path.read_text(encoding="utf-8"))}
    compose = set(COMPOSE.findall((ROOT / "docker-compose.yml").read_text(encoding="utf-8")))

    listed = LISTED.findall((ROOT / ".env.example").read_text(encoding="utf-8"))

    assert "SECRET_KEY" in read
    assert sorted(listed) == sorted(read | compose | {"DATABASE_OWNER_URL"})
