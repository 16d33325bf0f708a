"""The copy dialog and panel: what they offer, keep, explain and start; nothing here calls Exact."""

from __future__ import annotations

import re
import time
from datetime import date, timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.utils import timezone

from connector.tenancy.models import Plan, Role
from connector.tenancy.scope import tenant_transaction
from integrations import lanes
from integrations.lanes import pace
from integrations.models import ConnectionState, Numbering, VatCode
from invoices import breaks, copy_refusals, copy_requests
from invoices.models import (
    BreakKind,
    CopyKind,
    CopyRequest,
    CopyState,
    CustomerLink,
    Invoice,
    InvoiceState,
)
from tests import background, factories

pytestmark = pytest.mark.django_db

# All reads of the dialog, whatever the number of lines.
MOST_QUERIES = 41
TWO_LINES = (
    {"net_amount": "100.00", "rate": "21", "service": "Design"},
    {"net_amount": "50.00", "rate": "9", "service": "Development"},
)


class Desk:
    """A finance user at an organization with a ready connection and one invoice."""

    def __init__(
        self,
        *,
        role=Role.FINANCE,
        plan=Plan.PROFESSIONAL,
        lines=None,
        connection=None,
        organization=None,
        **invoice,
    ):
        self.organization = organization or factories.make_organization(plan=plan)
        self.user = factories.make_user(organization=self.organization, role=role, name="Femke")
        self.subsidiary = factories.make_subsidiary(organization=self.organization)
        self.connection = factories.make_connection(
            organization=self.organization, subsidiary=self.subsidiary, **(connection or {})
        )
        self.client = invoice.pop("client", None) or factories.make_client(
            organization=self.organization, name="Bakker Media B.V."
        )
        options = {"lines": lines} if lines else {}
        self.invoice = factories.make_invoice(
            organization=self.organization,
            subsidiary=self.subsidiary,
            client=self.client,
            **options,
            **invoice,
        )
        self.browser = factories.sign_in(self.user)
        with tenant_transaction(self.organization.pk):
            self.line_ids = list(self.invoice.lines.values_list("pk", flat=True))

    def get(self, what="copy/", **headers):
        return self.browser.get(f"/invoices/{self.invoice.pk}/{what}", **headers)

    def post(self, what="copy/", *, htmx=False, **data):
        headers = {"HX-Request": "true"} if htmx else {}
        return self.browser.post(f"/invoices/{self.invoice.pk}/{what}", data, headers=headers)

    def choices(self, **changes):
        return {
            "customer": "new",
            "journal": "70",
            "ledger": str(factories.ledger_id(self.connection, "8000")),
            "vat_code": "2",
        } | changes

    def requests(self):
        with tenant_transaction(self.organization.pk):
            return list(CopyRequest.objects.filter(invoice=self.invoice).order_by("id"))

    def stored(self):
        with tenant_transaction(self.organization.pk):
            return Invoice.objects.get(pk=self.invoice.pk)

    def customer(self, **fields):
        return factories.make_customer(connection=self.connection, **fields)

    def copied(self, **fields):
        return factories.make_posted_document(
            invoice=self.invoice, connection=self.connection, **fields
        )


def find(pattern, text):
    """The first group of the first match; there must be one."""
    found = re.search(pattern, text, re.DOTALL)
    assert found is not None, f"not found: {pattern}"
    return found[1]


def text(response):
    """The words of a page, as a person reads them."""
    html = re.sub(r"<(script|style).*?</\1>", " ", response.content.decode(), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def selected(response, name):
    """The value of a select's chosen option, or of the checked radio."""
    html = response.content.decode()
    if radio := re.search(
        rf'<input[^>]*type="radio"[^>]*name="{name}"[^>]*value="([^"]*)"[^>]*checked', html
    ):
        return radio[1]
    block = re.search(rf'<select[^>]*name="{name}".*?</select>', html, re.DOTALL)
    if block is None:
        return None
    found = re.search(r'<option value="([^"]*)"\s+selected', block[0])
    return found[1] if found else ""


def options(response, name):
    block = find(rf'<select[^>]*name="{name}"(.*?)</select>', response.content.decode())
    return re.findall(r'<option value="([^"]+)"', block)


# --- Whether it is offered ------------------------------------------------------------------------------------------


def test_p37_the_button_is_there_when_the_subsidiary_has_a_ready_connection():
    assert "Copy to Exact" in text(Desk().get("copy-panel/"))


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (ConnectionState.SETUP_INCOMPLETE, "The set-up of Exact Noord is not finished."),
        (ConnectionState.NEEDS_CONSENT, "Exact Noord lost its access to Exact."),
        (ConnectionState.DISCONNECTED, "Exact Noord is disconnected from Exact."),
    ],
)
def test_p37_otherwise_it_is_explained_with_a_way_on(state, sentence):
    desk = Desk(role=Role.ADMIN, connection={"state": state})

    for page in ("copy-panel/", "copy/"):
        answer = desk.get(page)
        assert sentence in text(answer)
        assert "/settings/marketplace/" in answer.content.decode()
    assert desk.post(**desk.choices()).status_code == 422
    assert desk.requests() == []


def test_p37_a_plan_without_integrations_is_named():
    answer = Desk(plan=Plan.ESSENTIAL).get("copy-panel/")

    assert "The Essential plan does not include integrations." in text(answer)
    assert "Copy to Exact" not in text(answer)


def test_p37_a_subsidiary_without_a_connection_is_named():
    desk = Desk()
    other = factories.make_subsidiary(organization=desk.organization, name="Studio Zuid B.V.")
    desk.invoice = factories.make_invoice(organization=desk.organization, subsidiary=other)

    assert "Studio Zuid B.V. is not connected to a division of Exact." in text(
        desk.get("copy-panel/")
    )


def test_viewers_see_how_it_stands_and_cannot_copy():
    desk = Desk(role=Role.VIEWER)

    assert "Copy to Exact" not in text(desk.get("copy-panel/"))
    assert desk.get().status_code == 403
    assert desk.post(**desk.choices()).status_code == 403
    assert desk.requests() == []


@pytest.mark.parametrize(
    "page", ["copy/", "copy/new/", "copy/update/", "copy/customers/", "copy-panel/"]
)
def test_another_organizations_invoice_is_not_found(page):
    desk, stranger = Desk(), Desk()
    desk.copied()

    assert stranger.browser.get(f"/invoices/{desk.invoice.pk}/{page}").status_code == 404
    if page not in {"copy/customers/", "copy-panel/"}:
        posted = stranger.browser.post(f"/invoices/{desk.invoice.pk}/{page}", stranger.choices())
        assert posted.status_code == 404
    assert len(desk.requests()) == 1


@pytest.mark.parametrize("action", ["cancel", "retry"])
def test_another_organizations_copy_request_is_not_found(action):
    desk, stranger = Desk(), Desk()
    request = factories.make_copy_request(invoice=desk.invoice, connection=desk.connection)

    assert stranger.browser.post(f"/copy-requests/{request.pk}/{action}/").status_code == 404
    assert desk.requests()[0].state == CopyState.QUEUED


def test_another_organizations_ids_in_the_form_are_not_found_and_change_nothing():
    desk, stranger = Desk(), Desk()
    foreign = stranger.customer()
    ledger = str(factories.ledger_id(stranger.connection, "8000"))

    for changes in (
        {"customer": str(foreign.exact_id)},
        {"ledger": ledger},
        {f"ledger_{desk.line_ids[0]}": ledger},
        {"customer": "nonsense"},
    ):
        assert desk.post(**desk.choices(**changes)).status_code == 404
    assert desk.requests() == []


# --- What is filled in ----------------------------------------------------------------------------------------------


def test_p38_opening_and_checking_write_nothing():
    desk = Desk()

    assert desk.get().status_code == 200
    assert desk.post(**desk.choices(action="check"), htmx=True).status_code == 200
    assert desk.requests() == []


def test_p39_customers_are_found_by_name_and_by_code_while_typing():
    desk = Desk()
    bakker = desk.customer(name="Bakker Media", code="10023")
    desk.customer(name="Molen Logistiek", code="20000")

    by_name = desk.get("copy/customers/?q=bakk&customer=new")
    by_code = desk.get("copy/customers/?q=10023")

    for answer in (by_name, by_code):
        assert str(bakker.exact_id) in answer.content.decode()
        assert "Molen" not in text(answer)
    assert selected(by_name, "customer") == "new"


def test_p39_the_chosen_customer_stays_on_the_list_while_searching_for_another():
    desk = Desk()
    chosen = desk.customer(name="Bakker Media")
    desk.customer(name="Molen Logistiek")

    answer = desk.get(f"copy/customers/?q=molen&customer={chosen.exact_id}")

    assert selected(answer, "customer") == str(chosen.exact_id)
    assert "Molen Logistiek" in text(answer)


def test_p39_searching_works_without_javascript_and_keeps_what_was_chosen():
    desk = Desk()
    desk.customer(name="Molen Logistiek")

    answer = desk.post(**desk.choices(journal="71", q="molen", action="search"))

    assert "Molen Logistiek" in text(answer)
    assert selected(answer, "journal") == "71"
    assert desk.requests() == []


def test_p40_h23_without_a_match_a_new_customer_is_offered_with_all_that_it_will_carry():
    organization = factories.make_organization()
    client = factories.make_client(
        organization=organization,
        name="Bakker Media B.V.",
        vat_number="nl 8543.21.987.b01",
        coc_number="61234567",
        email="boeken@bakker.example",
        phone="030 123 45 67",
        website="https://bakker.example",
        address_line2="Achterhuis",
    )
    desk = Desk(
        organization=organization, client=client, connection={"payment_condition_code": "30"}
    )

    answer = desk.get()

    assert selected(answer, "customer") == "new"
    assert (
        "Create new customer in Exact Name Bakker Media B.V. VAT number NL854321987B01 "
        "Chamber of Commerce number 61234567 Address Oudegracht 1, Achterhuis, 3511 AB Utrecht, NL "
        "E-mail boeken@bakker.example Phone 030 123 45 67 Website https://bakker.example "
        "Payment condition 30 30 dagen Currency EUR"
    ) in text(answer)


def test_p40_a_blank_customer_creates_one():
    desk = Desk()

    desk.post(**desk.choices(customer=""))

    assert desk.requests()[0].choices["customer_exact_id"] is None


def test_p40_the_remembered_customer_is_chosen_the_next_time():
    desk = Desk()
    known = desk.customer(name="Bakker holding")
    desk.customer(name="Bakker Media B.V.")
    factories.link_customer(
        connection=desk.connection, client=desk.client, customer_exact_id=known.exact_id
    )

    answer = desk.get()

    assert selected(answer, "customer") == str(known.exact_id)
    assert "Remembered from an earlier invoice" in text(answer)


def test_p40_asking_for_a_new_customer_forgets_the_remembered_one():
    desk = Desk()
    known = desk.customer()
    factories.link_customer(
        connection=desk.connection, client=desk.client, customer_exact_id=known.exact_id
    )

    desk.post(**desk.choices(customer="new"))

    with tenant_transaction(desk.organization.pk):
        assert not CustomerLink.objects.exists()


def test_a_refused_copy_forgets_nothing(monkeypatch):
    """Somebody else was faster by a moment: the customer that their copy is booked on stays remembered."""
    desk = Desk()
    known = desk.customer()
    factories.link_customer(
        connection=desk.connection, client=desk.client, customer_exact_id=known.exact_id
    )

    def faster(**_options: object) -> None:
        raise copy_refusals.CopyRefused("This invoice is already being copied.")

    monkeypatch.setattr(copy_requests, "request_copy", faster)

    answer = desk.post(**desk.choices(customer="new"))

    assert answer.status_code == 422
    with tenant_transaction(desk.organization.pk):
        assert CustomerLink.objects.get().exact_id == known.exact_id


@pytest.mark.parametrize(
    ("client", "customer", "reason"),
    [
        (
            {"vat_number": "nl8543.21987b01"},
            {"vat_number": "NL854321987B01"},
            "The VAT number NL854321987B01 is the same",
        ),
        (
            {"coc_number": "6123 4567"},
            {"coc_number": "61234567"},
            "The Chamber of Commerce number 61234567 is the same",
        ),
        ({"code": "b17"}, {"code": "B17"}, "The customer code B17 is the same"),
        ({"name": "bakker  MEDIA b.v."}, {"name": "Bakker Media B.V. "}, "The name is the same"),
    ],
)
def test_d10_the_customer_that_matches_is_chosen_with_its_reason(client, customer, reason):
    organization_desk = Desk()
    desk = organization_desk
    desk.client = factories.make_client(
        organization=desk.organization, **{"name": "Other"} | client
    )
    desk.invoice = factories.make_invoice(
        organization=desk.organization, subsidiary=desk.subsidiary, client=desk.client
    )
    match = desk.customer(**customer)
    desk.customer(name="Nobody")

    answer = desk.get()

    assert selected(answer, "customer") == str(match.exact_id)
    assert reason in text(answer)


def test_d10_two_matches_are_asked_for_and_nothing_is_copied_until_one_is_chosen():
    desk = Desk()
    first = desk.customer(name="Bakker Media B.V.")
    desk.customer(name="Bakker Media B.V.")

    assert selected(desk.get(), "customer") is None
    refused = desk.post(**desk.choices(customer=""))
    assert refused.status_code == 422
    assert "2 customers in Exact may be this one: the name is the same." in text(refused)

    assert desk.post(**desk.choices(customer=str(first.exact_id))).status_code == 302
    assert desk.requests()[0].choices["customer_exact_id"] == str(first.exact_id)


def test_p41_only_usable_sales_journals_are_offered_and_the_default_is_chosen():
    answer = Desk().get()

    assert options(answer, "journal") == ["70", "71"]
    assert selected(answer, "journal") == "70"


def test_p18_p41_without_a_default_the_journal_is_empty_and_required():
    desk = Desk(connection={"default_journal_code": ""})

    assert selected(desk.get(), "journal") == ""
    refused = desk.post(**desk.choices(journal=""))
    assert refused.status_code == 422
    assert "No journal is chosen. Choose the sales journal to post to." in text(refused)
    assert desk.requests() == []


def test_p42_the_default_ledger_is_chosen_and_only_revenue_accounts_are_offered():
    desk = Desk()

    answer = desk.get()

    assert selected(answer, "ledger") == str(factories.ledger_id(desk.connection, "8000"))
    assert options(answer, "ledger") == [
        str(factories.ledger_id(desk.connection, code)) for code in ("8000", "8010", "8020", "8070")
    ]


def test_p26_p27_each_line_shows_its_ledger_with_the_reason():
    desk = Desk(lines=TWO_LINES, connection={"map_service_types": True})
    design = factories.make_service_type(organization=desk.organization, name="Design")
    factories.map_service_type(connection=desk.connection, service_type=design, ledger="8010")

    words = text(desk.get())

    assert "8010 Omzet ontwikkeling · service type Design" in words
    assert "8000 Omzet ontwerp · default" in words


def test_p24_p43_in_manual_mode_the_ledger_is_empty_and_must_be_chosen_every_time():
    desk = Desk(connection={"manual_ledger": True})

    opened = desk.browser.get(f"/invoices/{desk.invoice.pk}/copy/", headers={"HX-Request": "true"})

    assert selected(opened, "ledger") == ""
    assert re.search(r'id="copy-submit"\s+type="submit"\s+disabled', opened.content.decode())
    refused = desk.post(**desk.choices(ledger=""))
    assert refused.status_code == 422
    assert "Line 1 has no ledger account." in text(refused)
    chosen = desk.post(**desk.choices(action="check"), htmx=True)
    assert not re.search(r'id="copy-submit"\s+type="submit"\s+disabled', chosen.content.decode())
    assert desk.post(**desk.choices()).status_code == 302


def test_d2_in_manual_mode_the_mapping_is_a_suggestion_that_is_confirmed_with_one_click():
    desk = Desk(lines=TWO_LINES, connection={"manual_ledger": True, "map_service_types": True})
    for name, ledger in (("Design", "8010"), ("Development", "8020")):
        service_type = factories.make_service_type(organization=desk.organization, name=name)
        factories.map_service_type(
            connection=desk.connection, service_type=service_type, ledger=ledger
        )

    assert "suggested: 8010 Omzet ontwikkeling" in text(desk.get())
    taken = desk.post(**desk.choices(ledger="", action="suggestions"))

    assert [selected(taken, f"ledger_{line}") for line in desk.line_ids] == [
        str(factories.ledger_id(desk.connection, code)) for code in ("8010", "8020")
    ]
    assert desk.requests() == []


def test_p44_the_vat_codes_are_exacts_and_a_code_of_the_same_percentage_is_suggested_visibly():
    answer = Desk().get()

    assert options(answer, "vat_code") == ["0", "1", "2", "4", "6"]
    assert selected(answer, "vat_code") == "2"
    assert "Suggested: the only code with the invoice\u2019s percentage. Please check." in text(
        answer
    )


def test_p44_lines_of_other_rates_get_suggestions_of_their_own():
    desk = Desk(lines=TWO_LINES, connection={"default_vat_code": "2"})

    answer = desk.get()

    assert selected(answer, "vat_code") == "2"
    assert [selected(answer, f"vat_{line}") for line in desk.line_ids] == ["", "1"]
    assert "suggested: same percentage" in text(answer)
    assert "VAT on the invoice 25.50 EUR \u2013 Exact will book 25.50 EUR , the same." in text(
        answer
    )


def test_p45_an_empty_vat_list_is_explained_and_blocks_copying():
    desk = Desk()
    with tenant_transaction(desk.organization.pk):
        VatCode.objects.all().delete()

    opened = desk.get()

    assert "Exact has no VAT codes for sales in this division yet" in text(opened)
    assert 'href="/help/vat-codes/"' in opened.content.decode()
    assert re.search(r'id="copy-submit"\s+type="submit"\s+disabled', opened.content.decode())
    assert desk.post(**desk.choices(vat_code="")).status_code == 422
    assert desk.requests() == []


def test_i2_a_vat_difference_is_shown_with_its_line_and_needs_a_tick():
    desk = Desk(lines=TWO_LINES)

    shown = desk.post(**desk.choices())

    assert shown.status_code == 422
    assert (
        "VAT on the invoice 25.50 EUR \u2013 Exact will book 31.50 EUR : 6.00 EUR difference."
        in text(shown)
    )
    assert (
        "Line 2: the invoice has 4.50 EUR VAT at 9%; VAT code 2 (21%) makes it 10.50 EUR."
        in text(shown)
    )
    assert desk.requests() == []
    assert desk.post(**desk.choices(accept_difference="on")).status_code == 302
    assert desk.requests()[0].choices["accept_difference"] is True


def test_a_choice_that_is_refused_loses_nothing_that_was_typed():
    desk = Desk(lines=TWO_LINES)
    customer = desk.customer(name="Molen Logistiek")
    line = desk.line_ids[1]

    answer = desk.post(
        **desk.choices(
            customer=str(customer.exact_id),
            journal="",
            vat_code="2",
            q="molen",
            **{
                f"ledger_{line}": str(factories.ledger_id(desk.connection, "8020")),
                f"vat_{line}": "1",
            },
        )
    )

    assert answer.status_code == 422
    assert selected(answer, "customer") == str(customer.exact_id)
    assert selected(answer, f"ledger_{line}") == str(factories.ledger_id(desk.connection, "8020"))
    assert selected(answer, f"vat_{line}") == "1"
    assert 'value="molen"' in answer.content.decode()


def test_everything_missing_is_named_at_once():
    desk = Desk(
        lines=({"net_amount": "10", "rate": "17"},),
        connection={"default_ledger": "", "default_journal_code": ""},
    )

    words = text(desk.post(customer="new", journal="", ledger="", vat_code=""))

    for sentence in (
        "No journal is chosen.",
        "Line 1 has no ledger account.",
        "Line 1 has no VAT code.",
    ):
        assert sentence in words


def test_the_lists_are_refreshed_from_the_dialog_and_what_was_chosen_is_kept():
    desk = Desk()

    answer = desk.post(**desk.choices(journal="71", action="refresh"))

    assert "The lists are being refreshed from Exact" in text(answer)
    assert selected(answer, "journal") == "71"


# --- Starting a copy ------------------------------------------------------------------------------------------------


def test_p46_copy_and_finalize_starts_one_copy_and_leaves_the_draft_a_draft():
    desk = Desk()

    assert "Copy and Finalize" in text(desk.get())
    answer = desk.post(**desk.choices())

    assert (answer.status_code, answer.url) == (302, f"/invoices/{desk.invoice.pk}/")
    request = desk.requests()[0]
    assert (request.state, request.kind, request.requested_by) == (
        CopyState.QUEUED,
        CopyKind.CREATE,
        desk.user,
    )
    assert desk.stored().state == InvoiceState.DRAFT


def test_p46_over_the_invoices_page_only_the_panel_is_drawn_anew():
    background.runs()
    desk = Desk()

    answer = desk.browser.post(
        f"/invoices/{desk.invoice.pk}/copy/",
        desk.choices(),
        headers={
            "HX-Request": "true",
            "HX-Current-URL": f"http://testserver/invoices/{desk.invoice.pk}/",
        },
    )

    assert 'hx-swap-oob="true"' in answer.content.decode()
    assert "Copying…" in text(answer)


def test_p46_from_elsewhere_the_browser_goes_to_the_invoice():
    desk = Desk()

    answer = desk.post(**desk.choices(), htmx=True)

    assert answer["HX-Redirect"] == f"/invoices/{desk.invoice.pk}/"


def test_d9_a_second_submit_is_told_who_is_already_copying():
    desk = Desk()
    desk.post(**desk.choices())
    colleague = factories.sign_in(
        factories.make_user(organization=desk.organization, role=Role.FINANCE)
    )

    for answer in (
        desk.post(**desk.choices()),
        colleague.post(f"/invoices/{desk.invoice.pk}/copy/", desk.choices()),
        colleague.post(
            f"/invoices/{desk.invoice.pk}/copy/", desk.choices(), headers={"HX-Request": "true"}
        ),
    ):
        assert answer.status_code == 422
        assert re.search(r"Already being copied by Femke, \d\d:\d\d", text(answer))
    assert len(desk.requests()) == 1


def test_an_invoice_already_copied_offers_the_two_ways_on():
    desk = Desk()
    desk.copied(entry_number=26700001)

    words = text(desk.get())

    assert "This invoice is already in Exact as entry 26700001." in words
    assert desk.post(**desk.choices()).status_code == 422
    assert len(desk.requests()) == 1


# --- After the copy -------------------------------------------------------------------------------------------------


def test_p47_after_a_copy_the_status_replaces_the_button():
    desk = Desk()
    desk.copied(entry_number=26700001)

    words = text(desk.get("copy-panel/"))

    assert "Invoice copied · Exact 26700001" in words
    assert "Copy to Exact" not in words


def test_p48_the_menu_has_exactly_the_two_actions():
    desk = Desk()
    desk.copied()

    html = desk.get("copy-panel/").content.decode()

    menu = find(r"<details class=\"menu copied-menu\"(.*?)</details>", html)
    assert re.findall(r"</svg>\s*([A-Z][a-z ]+)</a>", menu) == ["Update existing", "Create new"]


def test_p49_update_existing_shows_what_changes_and_asks_for_an_update():
    desk = Desk()
    desk.copied(entry_number=26700001)

    opened = text(desk.get("copy/update/"))
    assert "Entry 26700001 in journal 70 is changed; no new document is made." in opened

    assert desk.post("copy/update/", **desk.choices()).status_code == 302
    assert desk.requests()[-1].kind == CopyKind.UPDATE


def test_p50_update_existing_names_the_most_recent_of_several_copies():
    desk = Desk()
    desk.copied(entry_number=26700001, state="superseded")
    desk.copied(entry_number=26700002)

    words = text(desk.get("copy/update/"))

    assert "Entry 26700002 in journal 70 is changed" in words
    assert "It is the most recent of 2 copies; earlier ones stay as they are." in words


def test_p51_create_new_names_the_existing_number_and_asks_for_confirmation():
    desk = Desk()
    desk.copied(entry_number=26700001)

    assert "Exact already has 26700001 for this invoice." in text(desk.get("copy/new/"))
    refused = desk.post("copy/new/", **desk.choices())
    assert refused.status_code == 422
    assert "A second document was not confirmed." in text(refused)
    assert len(desk.requests()) == 1

    assert desk.post("copy/new/", **desk.choices(confirm_new="on")).status_code == 302
    assert desk.requests()[-1].kind == CopyKind.CREATE


def test_p51_all_copies_are_in_the_history():
    desk = Desk()
    desk.copied(entry_number=26700001, state="superseded")
    desk.copied(entry_number=26700002)

    words = text(desk.get("copy-panel/"))

    assert "2 copies" in words
    assert "26700001" in words
    assert "Earlier copy" in words


def test_i13_an_invoice_that_changed_since_its_copy_says_so():
    desk = Desk()
    desk.copied(content_hash="0" * 64)

    assert "Changed since it was copied." in text(desk.get("copy-panel/"))


def test_d5_a_number_that_differs_in_exact_is_shown():
    desk = Desk(number="INV/17")
    desk.copied(entry_number=26700001, invoice_number=26700001)

    assert (
        "The invoice is number INV/17 here and 26700001 in Exact, with reference INV/17."
        in text(desk.get("copy-panel/"))
    )


# --- While it goes on -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (CopyState.QUEUED, "Copying…"),
        (CopyState.SENDING, "Copying…"),
        (CopyState.UNKNOWN, "Checking in Exact…"),
    ],
)
def test_work_under_way_is_said_in_words_and_asked_for_again(state, word):
    background.runs()
    desk = Desk()
    factories.make_copy_request(
        invoice=desk.invoice, connection=desk.connection, state=state, requested_by=desk.user
    )

    answer = desk.get("copy-panel/")

    assert word in text(answer)
    assert "started by Femke" in text(answer)
    assert 'hx-trigger="every' in answer.content.decode()
    assert "HX-Trigger" not in answer


def test_an_unchanged_panel_is_not_sent_again_and_a_finished_one_tells_the_page():
    desk = Desk()
    request = factories.make_copy_request(invoice=desk.invoice, connection=desk.connection)
    seen = find(r"seen=(\w+)", desk.get("copy-panel/").content.decode())

    assert desk.get(f"copy-panel/?seen={seen}").status_code == 204

    with tenant_transaction(desk.organization.pk):
        CopyRequest.objects.filter(pk=request.pk).update(state=CopyState.CANCELLED, next_at=None)
    finished = desk.get(f"copy-panel/?seen={seen}")
    assert finished.status_code == 200
    assert finished["HX-Trigger"] == "copy-finished"


def test_a_held_copy_says_what_to_do_and_offers_it():
    desk = Desk()
    request = factories.make_copy_request(
        invoice=desk.invoice,
        connection=desk.connection,
        state=CopyState.NEEDS_CHOICE,
        problem_sentence="The period of 20 Nov 2026 is closed in Exact.",
        problem_remedy="Open the period in Exact, or choose another date.",
        problem_raw="De periode is afgesloten <script>alert(1)</script>",
        choices={"journal_code": "71"},
    )

    answer = desk.get("copy-panel/")

    assert "The period of 20 Nov 2026 is closed in Exact." in text(answer)
    assert "Open the period in Exact" in text(answer)
    assert "<script>alert" not in answer.content.decode()
    assert selected(desk.get(), "journal") == "71"
    desk.browser.post(f"/copy-requests/{request.pk}/retry/")
    assert [one.state for one in desk.requests()] == [CopyState.CANCELLED, CopyState.QUEUED]


def test_a_waiting_copy_can_be_cancelled_and_one_that_was_sent_cannot():
    desk = Desk()
    request = factories.make_copy_request(invoice=desk.invoice, connection=desk.connection)

    assert "Cancel the copy" in text(desk.get("copy-panel/"))
    assert desk.browser.post(f"/copy-requests/{request.pk}/cancel/").status_code == 302
    assert desk.requests()[0].state == CopyState.CANCELLED

    factories.make_copy_request(
        invoice=desk.invoice, connection=desk.connection, state=CopyState.SENDING
    )
    assert "Cancel the copy" not in text(desk.get("copy-panel/"))


def test_reliability_a19_a_copy_that_is_being_sent_cannot_be_cancelled_and_says_why():
    """A page that was drawn before still has the button."""
    desk = Desk()
    request = factories.make_copy_request(
        invoice=desk.invoice, connection=desk.connection, state=CopyState.SENDING
    )
    address = f"/copy-requests/{request.pk}/cancel/"

    drawn = text(desk.browser.post(address, headers={"HX-Request": "true"}))
    page = text(desk.browser.post(address, follow=True))

    for words in (drawn, page):
        assert "The copy can not be cancelled any more" in words
    assert desk.requests()[0].state == CopyState.SENDING


def test_reliability_k3_what_does_not_agree_with_exact_is_told_on_the_invoice():
    desk = Desk()
    document = desk.copied()
    with tenant_transaction(desk.organization.pk):
        breaks.note(
            desk.connection.pk,
            document.route,
            breaks.Found(
                BreakKind.CHANGED,
                document.invoice,
                document.exact_id,
                "Entry 27000001 was changed in Exact: 1.00 EUR instead of 121.00 EUR.",
                "Correct it in Exact.",
                document,
            ),
            now=factories.NOW,
        )

    drawn = text(desk.get("copy-panel/"))
    with tenant_transaction(desk.organization.pk):
        breaks.close(breaks.list_open(document.invoice), now=factories.NOW)

    assert "1.00 EUR instead of 121.00 EUR" in drawn
    assert "Correct it in Exact." in drawn
    assert "1.00 EUR instead" not in text(desk.get("copy-panel/"))


def test_d4_what_happens_to_the_number_depends_on_who_numbers():
    desk = Desk(number="", connection={"numbering": Numbering.PSA})

    refused = desk.post(**desk.choices())

    assert refused.status_code == 422
    assert "The invoice has no number, and the PSA is the one to number invoices." in text(refused)
    with tenant_transaction(desk.organization.pk):
        desk.connection.numbering = Numbering.EXACT
        desk.connection.save()
    assert desk.post(**desk.choices()).status_code == 302


def test_p49_the_customer_of_the_copy_stays_chosen_even_when_the_list_lacks_it():
    desk = Desk()
    document = desk.copied()

    assert selected(desk.get("copy/update/"), "customer") == str(document.customer_exact_id)
    desk.post("copy/update/", **desk.choices(customer=str(document.customer_exact_id)))

    assert desk.requests()[-1].choices["customer_exact_id"] == str(document.customer_exact_id)


def test_a_customer_that_a_refused_copy_has_made_is_chosen_when_choosing_again():
    desk = Desk()
    made = desk.customer(name="Made by the first attempt")
    factories.link_customer(
        connection=desk.connection, client=desk.client, customer_exact_id=made.exact_id
    )
    factories.make_copy_request(
        invoice=desk.invoice,
        connection=desk.connection,
        state=CopyState.NEEDS_CHOICE,
        choices={"customer_exact_id": None, "journal_code": "70"},
    )

    assert selected(desk.get(), "customer") == str(made.exact_id)


def test_i6_an_invoice_with_a_thousand_lines_opens_with_one_choice_for_all():
    lines = tuple({"net_amount": "10.00", "rate": "21"} for _ in range(1_000))
    desk = Desk(lines=lines)

    answer = desk.get()

    assert answer.content.count(b"<select") == 3
    assert "VAT on the invoice 2,100.00 EUR" in text(answer)
    assert desk.post(**desk.choices()).status_code == 302


def test_a_copy_that_waits_for_exacts_limit_says_until_when():
    background.runs()
    desk = Desk()
    with tenant_transaction(desk.organization.pk):
        lane = lanes.seat(desk.connection).lane
    lane.resume_at = timezone.now() + timedelta(minutes=20)
    lane.resume_reason = pace.REASONS["minute"]
    lane.save()
    factories.make_copy_request(invoice=desk.invoice, connection=desk.connection)

    words = text(desk.get("copy-panel/"))

    assert "Waiting for Exact" in words
    assert re.search(r"minute limit, goes on (tomorrow )?at \d\d:\d\d\.", words)


def test_a9_a_copy_whose_answer_was_lost_says_when_exact_is_looked_at_again():
    background.runs()
    desk = Desk()
    factories.make_copy_request(
        invoice=desk.invoice,
        connection=desk.connection,
        state=CopyState.UNKNOWN,
        progress="Not in Exact yet; looking again before it is sent once more",
        next_at=timezone.now() + timedelta(minutes=16),
    )

    words = text(desk.get("copy-panel/"))

    assert "Checking in Exact" in words
    assert re.search(r"looking again before it is sent once more, at \d\d:\d\d\.", words)


def test_b12_b13_the_dialog_tells_situation_period_and_rate_only_where_there_is_one():
    organization = factories.make_organization()
    abroad = factories.make_client(
        organization=organization, country="BE", vat_number="BE0123456749"
    )
    period = {"period_from_date": date(2026, 11, 1), "period_to_date": date(2027, 10, 31)}
    desk = Desk(
        organization=organization,
        client=abroad,
        currency="USD",
        exchange_rate=Decimal("0.92"),
        lines=[{"net_amount": "100.00", "rate": "0", "cost_center": "001CC", **period}],
        connection={"default_journal_code": "71", "deferral": "later"},
    )
    rate = factories.make_tax_rate(organization=organization, percentage="0")
    mapped = factories.map_tax_rate(connection=desk.connection, tax_rate=rate, vat_code="2")

    shown = text(desk.get())
    assert "charges 21% although this is EU reverse charge" in shown
    assert "The client is in BE and has a VAT number." in shown
    assert "1 Nov 2026 – 31 Oct 2027 Goes on after the month of the invoice" in shown  # noqa: RUF001
    assert "001CC" in shown
    assert "1 USD is 0.92 EUR." in shown

    with tenant_transaction(organization.pk):
        mapped.reverse_charge_vat_code = "6"
        mapped.save()
    assert "6 EU diensten verlegd (ICP) · from the tax rate, for EU reverse charge" in text(
        desk.get()
    )
    plain = text(Desk().get())
    for word in ("Period", "Cost center", "VAT for", "rate to"):
        assert word not in plain


@pytest.mark.parametrize(
    ("language", "numbers"),
    [
        (
            "en",
            {"1 USD is 0.9234 EUR", "VAT at 5.5%", "2 (21%)", "5.5% VAT", "2.5 hour", "1,600.25"},
        ),
        (
            "nl",
            {
                "1 USD is 0,9234 EUR",
                "btw tegen 5,5%",
                "2 (21%)",
                "5,5% btw",
                "2,5 hour",
                "1.600,25",
            },
        ),
        (
            "de",
            {"1 USD ist 0,9234 EUR", "bei 5,5 %", "2 (21 %)", "5,5 % USt.", "2,5 hour", "1.600,25"},
        ),
        (
            "fr",
            {"1 USD vaut 0,9234 EUR", "à 5,5 %", "2 (21 %)", "TVA 5,5 %", "2,5 hour", "1 600,25"},
        ),
    ],
)
def test_i2_numbers_are_written_in_the_readers_language_as_amounts_are(language, numbers):
    line = {"net_amount": "4000.63", "rate": "5.5", "quantity": "2.5000", "unit": "hour"}
    desk = Desk(
        currency="USD",
        exchange_rate=Decimal("0.923400"),
        lines=[line | {"unit_price": "1600.250000"}],
    )
    desk.browser.post("/language/", {"language": language, "next": "/"})

    shown = text(desk.post(**desk.choices(journal="71"))) + text(desk.get(""))

    # Spaces that do not break are spaces to a reader.
    missing = {
        one for one in numbers if one not in shown.replace("\xa0", " ").replace("\u202f", " ")
    }
    assert not missing, shown


def test_b3_a_dialog_of_sixty_lines_opens_fast_with_a_constant_number_of_queries(
    django_assert_max_num_queries,
):
    desk = Desk(
        lines=[{"net_amount": "10.00", "rate": "21", "service": f"Service {n}"} for n in range(60)]
    )
    desk.get()

    with django_assert_max_num_queries(MOST_QUERIES):
        started = time.process_time()
        assert desk.get().status_code == 200
    # Twice the aim of 200 ms, since the machine that tests may be a slow one.
    assert time.process_time() - started < 0.4
