"""Every refusal of the sandbox, provoked in the four languages an Exact user can have, is recognized for what it is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from exact_sandbox import messages
from exact_sandbox.server import RunningSandbox
from integrations.exact.client import ExactClient
from integrations.exact.explain import explain_message, where_to_mend
from integrations.exact.phrases.parts import Where
from integrations.exact.phrases.sentences import PHRASES
from integrations.exact.phrases.subjects import SUBJECTS
from tests.integrations.exact.refusals import CASES, no_payment_condition
from tests.integrations.exact.refusals_in_sending import SENDING_CASES
from tests.integrations.exact.shop import Shop

RULES = Path(messages.__file__).parent
# What the connector asks for: accounts, contacts, entries, invoices, printing, documents.
FILES = (
    *(
        f"rules/{name}.py"
        for name in (
            "accounts",
            "checks",
            "contacts",
            "document_attachments",
            "documents",
            "invoice_issue",
            "line_checks",
            "mandatory",
            "printed_sales_invoices",
            "sales_entries",
            "sales_entry_lines",
            "sales_invoice_lines",
            "sales_invoices",
        )
    ),
    *(f"books/{name}.py" for name in ("invoice_sending", "numbers", "sales", "sales_invoices")),
)
ALL_CASES = {**CASES, **SENDING_CASES}
SUCCESSES = {"document_created", "email_sent", "postbox_sent", "peppol_sent"}


@pytest.fixture
def shop(exact: ExactClient, sandbox: RunningSandbox) -> Iterator[Shop]:
    opened = Shop(exact, sandbox)
    yield opened
    opened.change_user(language="NL")


@pytest.mark.parametrize("name", ALL_CASES)
def test_exacts_refusal_is_recognized_in_each_language(shop: Shop, name: str) -> None:
    provoke, expected = ALL_CASES[name]
    heard = set()
    for language in messages.LANGUAGES:
        shop.change_user(language=language)
        said = provoke(shop)
        assert said
        heard.add(said)
        for text in said:
            assert explain_message(text).code in expected, f"{language}: {text}"
    assert len(heard) == len(messages.LANGUAGES)


def test_h45_a_missing_payment_condition_is_recognized_and_h46_each_remedy_is_named(
    shop: Shop,
) -> None:
    for language in messages.LANGUAGES:
        shop.change_user(language=language)
        for text in no_payment_condition(shop):
            explanation = explain_message(text)
            assert "no payment condition" in explanation.sentence
            for remedy in ("Exact's financial settings", "account in Exact", "settings here"):
                assert remedy in explanation.what_to_do


def _texts() -> Iterator[tuple[str, str]]:
    """The name of each refusal and of the thing it is about, as the rules write them."""
    for file in FILES:
        for node in ast.walk(ast.parse((RULES / file).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "say":
                text = node.args[0]
                what = next((word.value for word in node.keywords if word.arg == "what"), None)
                if isinstance(text, ast.Constant):
                    yield str(text.value), str(what.value) if isinstance(what, ast.Constant) else ""


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_no_refusal_that_the_rules_can_give_is_unknown(language: str) -> None:
    texts = {(text, what) for text, what in _texts() if text not in SUCCESSES}
    words = {what for _, what in texts if what} | set(messages.PROPERTY_WORDS.values())
    assert len(texts) > 40

    for text, what in texts:
        for one in [what] if what else words:
            said = messages.say(language, text, what=one, detail="4")
            assert explain_message(said).code != "unknown", said


def test_a_code_leads_to_the_place_that_its_explanations_name() -> None:
    explanations = [explanation for _, explanation in PHRASES]
    for subject in SUBJECTS:
        explanations += subject.explanations()

    assert {one.where for one in explanations} == set(get_args(Where))
    assert [where_to_mend(one.code) for one in explanations] == [one.where for one in explanations]
    assert where_to_mend("unknown") == ""
