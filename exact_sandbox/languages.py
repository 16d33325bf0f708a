"""The language codes Exact keeps for accounts, contacts and documents."""

from __future__ import annotations

LANGUAGES: dict[str, str] = {
    "DA": "Danish",
    "DE": "German",
    "DE-AT": "German (Austria)",
    "DE-CH": "German (Switzerland)",
    "EN": "English",
    "EN-GB": "English (United Kingdom)",
    "EN-US": "English (United States)",
    "ES": "Spanish",
    "FI": "Finnish",
    "FR": "French",
    "FR-BE": "French (Belgium)",
    "FR-CH": "French (Switzerland)",
    "IT": "Italian",
    "NL": "Dutch",
    "NL-BE": "Dutch (Belgium)",
    "NL-NL": "Dutch (Netherlands)",
    "NO": "Norwegian",
    "PL": "Polish",
    "PT": "Portuguese",
    "SV": "Swedish",
}


def is_language(code: str) -> bool:
    """Whether a code names a language; case does not matter."""
    return code.strip().upper() in LANGUAGES


def language_name(code: str | None) -> str | None:
    """Return the English name of a language, or None."""
    return LANGUAGES.get((code or "").strip().upper())
