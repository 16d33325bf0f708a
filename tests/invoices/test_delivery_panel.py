"""The panel of an invoice that Exact writes: made, numbered, sent or not, what Exact said, and sending it from here."""

from __future__ import annotations

import pytest

from connector.tenancy.models import Role
from connector.tenancy.scope import tenant_transaction
from integrations.models import Route
from invoices.models import CopyKind, CopyState, PostedDocument
from tests import background, factories
from tests.invoices.test_copy_dialog import Desk, find, text

pytestmark = pytest.mark.django_db

NUMBER = 27_000_001
EMAIL_REFUSED = "E-mail niet verzonden - Verplicht: E-mailadres: Bakker Media B.V."
MADE = {"entry_number": None, "invoice_number": None, "delivery": "waiting", "entry_exact_id": None}
SENT = {
    "entry_number": NUMBER,
    "invoice_number": NUMBER,
    "delivery": "sent",
    "sent_at": factories.NOW,
    "delivery_results": [
        {"way": "document", "succeeded": True, "text": "Document is aangemaakt"},
        {"way": "email", "succeeded": True, "text": "E-mail verzonden: sanne@client.example"},
    ],
}
REFUSED = SENT | {
    "delivery": "failed",
    "delivery_results": [
        {"way": "document", "succeeded": True, "text": "Document is aangemaakt"},
        {"way": "email", "succeeded": False, "text": EMAIL_REFUSED},
    ],
}
UNSURE = SENT | {"delivery": "unsure", "delivery_results": []}
NUMBER_TO_COME = SENT | {
    "entry_number": None,
    "invoice_number": None,
    "number_due_at": factories.NOW,
}


def exact_desk(**options):
    """A finance user whose connection lets Exact write, number and send."""
    connection = {
        "route": Route.EXACT_INVOICE,
        "numbering": "exact",
        "default_vat_code": "2",
    } | options.pop("connection", {})
    return Desk(connection=connection, **options)


def written(desk, **fields):
    """The invoice as Exact wrote it; what each way of sending came to is in the fields."""
    document = desk.copied(route=Route.EXACT_INVOICE, **fields)
    if document.invoice_number is not None:
        with tenant_transaction(desk.organization.pk):
            desk.invoice.number = str(document.invoice_number)
            desk.invoice.save()
    return document


@pytest.mark.parametrize(
    ("fields", "chip"),
    [
        (MADE, "Made in Exact, not sent"),
        (SENT, f"Sent · Exact {NUMBER}"),
        (NUMBER_TO_COME, "Sent · Exact is giving it a number"),
        (REFUSED, f"Booked, not sent · Exact {NUMBER}"),
        (UNSURE, f"Booked; sent? · Exact {NUMBER}"),
        (SENT | {"delivery": "", "delivery_results": []}, f"Booked · Exact {NUMBER}"),
    ],
)
def test_h38_the_chip_says_what_exact_did(fields, chip):
    desk = exact_desk()
    written(desk, **fields)

    html = desk.get("copy-panel/").content.decode()

    assert chip in " ".join(find(r'id="copied-menu".*?<span>(.*?)</span>', html).split())


def test_h40_the_number_is_waited_for_and_then_shown_on_the_invoice_and_its_panel():
    desk = exact_desk()
    document = written(desk, **NUMBER_TO_COME)

    waiting = desk.get("copy-panel/")
    seen = find(r"seen=(\w+)", waiting.content.decode())
    assert 'hx-trigger="every' in waiting.content.decode()
    assert "Exact is giving it one" in text(desk.get(""))
    assert desk.get(f"copy-panel/?seen={seen}").status_code == 204

    with tenant_transaction(desk.organization.pk):
        PostedDocument.objects.filter(pk=document.pk).update(
            invoice_number=NUMBER, entry_number=NUMBER, number_due_at=None
        )
    ended = desk.get(f"copy-panel/?seen={seen}")

    assert ended["HX-Trigger"] == "copy-finished"
    assert 'hx-trigger="every' not in ended.content.decode()
    assert f"Sent · Exact {NUMBER}" in text(ended)
    assert f"Number in Exact {NUMBER}" in text(desk.get(""))


def test_h38_each_way_is_told_by_itself_with_our_words_and_exacts_own():
    desk = exact_desk(role=Role.FINANCE)
    written(desk, **REFUSED)

    answer = desk.get("copy-panel/")
    ways = find(r'<ul class="deliveries"(.*?)</ul>', answer.content.decode())

    assert "PDF among the documents in Exact" in ways
    assert (
        "Exact did not e-mail the invoice: neither the contact person nor the account has an e-mail address there."
        in text(answer)
    )
    assert EMAIL_REFUSED in ways
    assert ways.count("delivery-failed") == 1
    assert "Open Exact" in text(answer)


def test_what_is_mended_in_the_settings_is_a_link_for_admins_and_a_hint_for_others():
    failed = [{"way": "postbox", "succeeded": False, "text": "Not allowed to: Mailbox"}]
    for role, shown in (
        (Role.ADMIN, "Open the connection's settings"),
        (Role.FINANCE, "Ask an admin: this is set in the connection\u2019s settings."),
    ):
        desk = exact_desk(role=role)
        written(desk, **REFUSED | {"delivery_results": failed})

        answer = desk.get("copy-panel/")

        assert shown in text(answer)
        settings = f"/settings/marketplace/{desk.connection.pk}/settings/"
        assert (settings in answer.content.decode()) == (role == Role.ADMIN)


def test_exacts_words_are_shown_as_text():
    desk = exact_desk()
    raw = [{"way": "email", "succeeded": False, "text": "<script>alert(1)</script>"}]
    written(desk, **REFUSED | {"delivery_results": raw})

    assert b"<script>alert" not in desk.get("copy-panel/").content


@pytest.mark.parametrize(
    ("fields", "label", "warning"),
    [
        (MADE, "Send", "This can not be taken back; a credit note can undo it."),
        (REFUSED, "Send again", "Exact may refuse to print the invoice a second time"),
        (UNSURE, "Send again", "the customer may get a second message"),
    ],
)
def test_h38_what_did_not_go_out_is_sent_from_the_panel_after_a_confirmation(
    fields, label, warning
):
    contact = {"email": "sanne@client.example", "last_name": "Visser"}
    desk = exact_desk()
    with tenant_transaction(desk.organization.pk):
        desk.invoice.contact = factories.make_contact(client=desk.client, **contact)
        desk.invoice.save()
    document = written(desk, **fields)

    assert find(r'id="send-open"[^>]*>([^<]+)<', desk.get("copy-panel/").content.decode()) == label
    asked = desk.get("send/")
    assert warning in text(asked)
    assert "Sanne Visser, sanne@client.example" in text(asked)
    assert len(desk.requests()) == 1

    answer = desk.post("send/", sending="peppol")

    assert answer.status_code == 302
    request = desk.requests()[-1]
    assert (request.kind, request.state) == (CopyKind.SEND, CopyState.QUEUED)
    assert request.choices["sending"] == "peppol"
    assert request.requested_by == desk.user
    assert document.copy_request.choices.get("sending") is None


def test_a_copy_with_a_difference_waits_until_a_person_sends_it_anyway():
    desk = exact_desk()
    request = factories.make_copy_request(
        invoice=desk.invoice,
        connection=desk.connection,
        state=CopyState.MISMATCH,
        problem_code="mismatch",
        problem_sentence="Exact made something else of it: total 120.00 EUR instead of 121.00 EUR.",
    )
    written(desk, copy_request=request, **MADE)

    panel = text(desk.get("copy-panel/"))

    assert "Made with a difference, not sent" in panel
    assert "Send it anyway" in panel
    assert "total 120.00 EUR instead of 121.00 EUR" in text(desk.get("send/"))


@pytest.mark.parametrize("fields", [SENT, NUMBER_TO_COME])
def test_what_was_sent_is_not_offered_again_and_not_taken_twice(fields):
    desk = exact_desk()
    written(desk, **fields)

    assert "send-open" not in desk.get("copy-panel/").content.decode()
    assert "There is nothing that Exact still has to send." in text(desk.get("send/"))
    refused = desk.post("send/")

    assert refused.status_code == 422
    assert "There is nothing that Exact still has to send." in text(refused)
    assert len(desk.requests()) == 1


def test_a_second_click_on_send_queues_nothing_more():
    desk = exact_desk()
    written(desk, **MADE)
    desk.post("send/")

    again = desk.post("send/")

    assert again.status_code == 422
    assert "already being copied by Femke" in text(again)
    assert len(desk.requests()) == 2


def test_viewers_see_how_it_went_and_cannot_send():
    desk = exact_desk(role=Role.VIEWER)
    written(desk, **REFUSED)

    assert "Booked, not sent" in text(desk.get("copy-panel/"))
    assert "send-open" not in desk.get("copy-panel/").content.decode()
    assert desk.get("send/").status_code == 403
    assert desk.post("send/").status_code == 403
    assert len(desk.requests()) == 1


def test_another_organizations_invoice_is_not_sent():
    desk, stranger = exact_desk(), exact_desk()
    written(desk, **MADE)

    assert stranger.browser.post(f"/invoices/{desk.invoice.pk}/send/").status_code == 404
    assert len(desk.requests()) == 1


def test_sending_under_way_is_said_in_words_and_can_be_put_off():
    background.runs()
    desk = exact_desk()
    written(desk, **MADE)
    desk.post("send/")

    panel = desk.get("copy-panel/")
    assert "Sending…" in text(panel)
    assert "Exact numbers, books and sends the invoice." in text(panel)
    desk.browser.post(f"/copy-requests/{desk.requests()[-1].pk}/cancel/")

    put_off = text(desk.get("copy-panel/"))
    assert "Made in Exact, not sent" in put_off
    assert put_off.count("Send") >= 1


def refused_sending(desk, document):
    """Exact did not send it, and a person has to look."""
    return factories.make_copy_request(
        invoice=desk.invoice,
        connection=desk.connection,
        kind=CopyKind.SEND,
        route=Route.EXACT_INVOICE,
        state=CopyState.NEEDS_CHOICE,
        problem_code="period_blocked",
        problem_sentence="The financial period is closed.",
        choices=document.copy_request.choices,
    )


def test_a_refused_sending_says_why_and_is_asked_for_again_in_one_place():
    desk = exact_desk()
    refused_sending(desk, written(desk, **MADE))

    answer = desk.get("copy-panel/")

    assert "The financial period is closed." in text(answer)
    assert "Choose again" not in text(answer)
    assert "Try again as it is" not in text(answer)
    assert desk.post("send/").status_code == 302
    assert [request.state for request in desk.requests()[-2:]] == [
        CopyState.CANCELLED,
        CopyState.QUEUED,
    ]


@pytest.mark.parametrize("fields", [REFUSED, UNSURE])
def test_what_was_sent_from_exact_itself_is_marked_so_and_needs_no_attention_any_more(fields):
    desk = exact_desk()
    refused_sending(desk, written(desk, **fields))
    assert "It was sent already" in text(desk.get("send/"))

    assert desk.post("send/", action="mark").status_code == 302

    panel = text(desk.get("copy-panel/"))
    assert f"Sent · Exact {NUMBER}" in panel
    assert "Marked as sent by Femke." in panel
    assert "The financial period is closed." not in panel
    assert "it reached the customer in another way" in text(desk.get(""))
    assert "Only this one" not in text(desk.browser.get("/invoices/?copy=needs_attention"))
    assert desk.post("send/", action="mark").status_code == 422


def test_what_waits_for_exact_is_not_marked_as_sent():
    desk = exact_desk()
    written(desk, **MADE)

    assert "It was sent already" not in text(desk.get("send/"))
    assert desk.post("send/", action="mark").status_code == 422
    assert "Made in Exact, not sent" in text(desk.get("copy-panel/"))


# --- What Exact has numbered is final -------------------------------------------------------------------------------


def test_d8_what_exact_has_sent_is_not_offered_for_an_update():
    desk = exact_desk()
    written(desk, **SENT | {"content_hash": "0" * 64})

    panel = desk.get("copy-panel/")

    assert "copy/update/" not in panel.content.decode()
    assert "Credit the invoice and copy it again, or create a new one." in text(panel)
    assert "Exact has booked it as it was" in text(panel)
    for answer in (desk.get("copy/update/"), desk.post("copy/update/", **desk.choices())):
        assert f"Exact has numbered, booked and sent invoice {NUMBER}" in text(answer)
        assert "copy/update/" not in find(
            r'<div class="modal-footer">(.*?)</div>', answer.content.decode()
        )
    assert len(desk.requests()) == 1


def test_d8_an_invoice_that_waits_to_be_sent_may_be_updated():
    desk = exact_desk()
    written(desk, **MADE)

    assert "Update existing" in text(desk.get("copy-panel/"))
    assert desk.get("copy/update/").status_code == 200


# --- The list -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "word", "filters"),
    [
        (SENT, "Sent", {"sent", "copied"}),
        (REFUSED, "Needs attention", {"needs_attention"}),
        (MADE, "Needs attention", {"needs_attention"}),
        (UNSURE, "Needs attention", {"needs_attention"}),
    ],
)
def test_h40_the_list_shows_the_number_and_how_it_went(fields, word, filters):
    desk = exact_desk(subject="Only this one", number="")
    written(desk, **fields)

    rows = desk.browser.get("/invoices/", headers={"HX-Request": "true"})
    found = {
        state
        for state in ("sent", "copied", "needs_attention", "not_copied", "in_progress")
        if "Only this one" in text(desk.browser.get(f"/invoices/?copy={state}"))
    }

    assert word in text(rows)
    assert (f"{NUMBER} Bakker" in text(rows)) == (fields["invoice_number"] is not None)
    assert found == filters


def test_d5_the_list_shows_exacts_number_where_it_is_another_one():
    desk = Desk(number="2026-17")
    desk.copied(entry_number=NUMBER, invoice_number=NUMBER)

    listed = text(desk.browser.get("/invoices/"))
    assert f"Copied Show the invoice Exact {NUMBER}" in listed
