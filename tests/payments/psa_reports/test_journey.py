"""From a payment in Exact to the PSA: what a finance user books there is what the PSA knows a moment later."""

from __future__ import annotations

from integrations.psa.registry import REST_PUSH
from payments.psa_reports import endpoints, telling
from tests import factories


def test_reliability_g15_what_is_paid_edited_and_deleted_in_exact_is_what_the_psa_knows(
    books, psa, settings
):
    settings.PSA_CALLBACKS_TO_LOCALHOST = True
    admin = factories.make_user(organization=books.organization)
    books.later(seconds=5)
    with books.rows():
        endpoints.add(url=psa.url, user=admin, now=books.now)
    one, other = (
        books.invoice(source=REST_PUSH.name, source_id=source_id) for source_id in ("one", "other")
    )

    def told() -> list[tuple[str, str, str, list[str]]]:
        """Read from Exact, tell the PSA, and return what it was told in these calls."""
        before = len(psa.calls)
        books.read()
        telling.run(clock=lambda: books.now)
        return sorted(
            (
                call.data["id"],
                call.data["status"],
                call.data["paid_amount"],
                [part["amount"] for part in call.data["payments"]],
            )
            for call in psa.calls[before:]
        )

    assert told() == []
    partly = books.pay((one, "40.00"))
    assert told() == [("one", "partly_paid", "40.00", ["40.00"])]
    [part] = psa.kept["one"]["payments"]
    assert (part["kind"], part["paid_date"]) == ("payment", "2026-11-03")

    bulk = books.pay((one, "81.00"), (other, "121.00"))
    assert told() == [
        ("one", "paid", "121.00", ["40.00", "81.00"]),
        ("other", "paid", "121.00", ["121.00"]),
    ]
    books.delete(partly)
    assert told() == [("one", "partly_paid", "81.00", ["81.00"])]
    books.unmatch(bulk)
    assert told() == [("one", "open", "0.00", []), ("other", "open", "0.00", [])]
    assert told() == []
    assert psa.statuses == {"one": "open", "other": "open"}
