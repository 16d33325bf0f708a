"""Every page of the product, with data on it: from narrow to wide, light and dark, no error, nothing for axe."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from connector.tenancy.models import Role, User
from connector.tenancy.scope import tenant_transaction
from integrations import emergency_stop, lanes
from integrations.models import ConnectionState, ExactDivision
from invoices.models import CopyState
from tests import factories
from tests.architecture.routes import ROUTES, Access, find_routes, parameters
from tests.browser.conftest import HEIGHT, WIDTHS, assert_it_fits
from tests.whole_organization import make_whole_organization

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# These answer with a file, a fragment, a redirect or only to a form; everything else is a page and is visited.
NOT_PAGES = {
    "home",
    "background_notice",
    "health_live",
    "health_ready",
    "metrics",
    "sign_out",
    "language",
    "organization_switch",
    "connection_log_in",
    "bulk_progress",
    "bulk_start",
    "bulk_stop",
    "bulk_retry",
    "bulk_selection",
    "bulk_csv",
    "connection_cause",
    "connection_cause_retry",
    "forgotten_dismiss",
    "connection_division",
    "connection_setup",
    "connection_begin",
    "connection_check_now",
    "connection_items",
    "connection_journal",
    "connection_refresh",
    "connection_resume",
    "exact_callback",
    "exact_webhook",
    "history_csv",
    "history_keep",
    "import_example",
    "import_run_csv",
    "invoice_conflict_resolve",
    "invoice_read_back",
    "trial_invoice_credit",
    "invoice_copy_customers",
    "invoice_copy_items",
    "invoice_file",
    "invoice_copy_panel",
    "invoice_copied",
    "invoice_set_aside_undo",
    "copy_request_cancel",
    "copy_request_retry",
    "payment_let_stand",
    "payments_sync_now",
    "invoice_payments",
    "psa_endpoint_test",
    "psa_endpoint_on",
    "psa_report_again",
    "link_many",
    "invoice_link",
    "drift_csv",
    "drift_compare",
    "drift_take_back",
    "ageing_csv",
    "ageing_invoices_csv",
    "api_schema",
}
SIGNED_OUT = [
    "sign_in",
    "password_reset",
    "password_reset_done",
    "password_reset_complete",
    "password_reset_confirm",
]


@pytest.fixture
def whole(live_server):
    """An agency that uses everything; its connection can be used, its lists are here."""
    return make_whole_organization("Studio Noorderlicht")


def page_names() -> list[str]:
    """The names of all pages for members."""
    return sorted(
        name
        for name, access in ROUTES.items()
        if access is not Access.API and name not in NOT_PAGES and name not in SIGNED_OUT
    )


def address(name, whole) -> str:
    """Where the page is, with the agency's own ids."""
    return reverse(name, kwargs=parameters(name, find_routes()[name], whole))


def visit(page, look_at, name: str, path: str, widths: tuple[int, ...] = WIDTHS) -> None:
    """Open a page and look at it; it has to be a page indeed."""
    answer = page.goto(path)
    assert answer is not None
    assert answer.ok, f"{name}: {answer.status}"
    assert "text/html" in answer.headers["content-type"], name
    assert page.locator("html[lang] h1").count() == 1, f"{name} has no heading of its own"
    look_at(page, f"every-{name}", widths=widths, whole=True)


@pytest.mark.timeout(600)
def test_every_page_of_a_member(page, sign_in, look_at, whole):
    sign_in(page, whole.admin)
    for name in page_names():
        visit(page, look_at, name, address(name, whole))


@pytest.mark.timeout(600)
def test_every_page_in_german_fits_a_phone(page, sign_in, whole):
    """German has the longest words of the four languages; axe judges the same elements in English."""
    sign_in(page, whole.admin)
    User.objects.filter(pk=whole.admin.pk).update(language="de")
    page.set_viewport_size({"width": WIDTHS[0], "height": HEIGHT})

    for name in page_names():
        page.goto(address(name, whole))
        assert page.locator("html[lang=de]").count() == 1, name
        assert_it_fits(page, f"german-{name}", WIDTHS[0])


def test_every_page_of_somebody_who_is_not_signed_in(page, look_at, whole):
    for name in SIGNED_OUT:
        visit(page, look_at, name, address(name, whole))


def test_what_is_left_out_is_no_page(whole):
    """So that a page can not hide among what is left out."""
    browser = factories.sign_in(whole.admin)
    answers = {name: browser.get(address(name, whole)) for name in NOT_PAGES}
    pages = [
        name
        for name, answer in answers.items()
        if answer.status_code == 200 and not answer.streaming and b"<html" in answer.content
    ]
    for answer in answers.values():
        if answer.streaming:
            answer.getvalue()  # A file is closed when it was read.

    assert pages == []


def test_the_pages_of_a_setup_and_of_copies_in_every_state(page, sign_in, look_at, whole):
    organization, connection = whole.organization, whole.connection
    begun = factories.make_connection(
        organization=organization,
        name="Begun",
        division=None,
        lists=False,
        state=ConnectionState.SETUP_INCOMPLETE,
        connected_by=whole.admin,
    )
    with tenant_transaction(organization.pk):
        ExactDivision.objects.create(grant=begun.grant, code=1_000_009, name="Studio Zuid")
    sign_in(page, whole.admin)
    visit(page, look_at, "begin", reverse("connection_begin", args=[begun.pk]))
    visit(page, look_at, "setup", reverse("connection_settings", args=[begun.pk]))
    client = factories.make_client(organization=organization, name="C" * 120)
    for state in (
        CopyState.QUEUED,
        CopyState.UNKNOWN,
        CopyState.NEEDS_CHOICE,
        CopyState.CONFLICT,
        CopyState.MISMATCH,
    ):
        invoice = factories.make_invoice(
            organization=organization,
            subsidiary=connection.subsidiary,
            client=client,
            subject="A" * 200,
            lines=[{"net_amount": "100.00", "description": "B" * 10_000}],
        )
        with tenant_transaction(organization.pk):
            request = factories.make_copy_request(
                invoice=invoice, connection=connection, state=state
            )
            if state == CopyState.MISMATCH:
                factories.make_posted_document(
                    invoice=invoice, connection=connection, copy_request=request
                )
        visit(page, look_at, f"invoice-{state}", reverse("invoice", args=[invoice.pk]))
    visit(page, look_at, "list-of-long-names", reverse("invoice_list"))


def test_what_a_viewer_is_refused_says_so_on_a_page(page, sign_in, look_at, watch, whole):
    watch.allowed_statuses |= {403, 404}
    sign_in(page, whole.viewer)
    for name in ("marketplace", "invoice_import"):
        page.goto(address(name, whole))
        look_at(page, f"every-refused-{name}", widths=(360,))
    page.goto("/invoices/999999/")
    look_at(page, "every-missing", widths=(360,))


def test_an_organization_without_anything_yet(page, sign_in, look_at):
    organization = factories.make_organization()
    sign_in(page, factories.make_user(organization=organization, role=Role.FINANCE))
    for name in ("invoice_list", "payment_list", "activity", "invoice_import"):
        visit(page, look_at, f"empty-{name}", reverse(name), widths=(360,))


def test_everybody_reads_that_the_operator_stopped_copying(page, sign_in, look_at, whole):
    with tenant_transaction(whole.organization.pk):
        lanes.seat(whole.connection)
    emergency_stop.stop(
        emergency_stop.choose_lanes(),
        reason="Exact books invoices twice at the moment; its support looks into it",
        who="Olga",
        now=timezone.now(),
    )
    sign_in(page, whole.admin)
    visit(page, look_at, "stopped-invoice_list", reverse("invoice_list"), widths=(360,))
    visit(page, look_at, "stopped-status", reverse("status"))


def test_an_admin_sees_on_the_status_page_that_nothing_is_connected_yet(page, sign_in, look_at):
    organization = factories.make_organization()
    sign_in(page, factories.make_user(organization=organization))
    visit(page, look_at, "empty-status", reverse("status"), widths=(360,))
