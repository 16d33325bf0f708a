"""The check of a connection: goes through the settings as the next copy will, and writes nothing (D-11).

It reads our copies of Exact's lists only; `LISTS` are those it needs, which *Check now* has the lane read again. Each
line is one sentence with the page where it is mended. What a route needs itself is in `readiness_by_route`.
"""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _, ngettext

from integrations import (
    connection_lifecycle,
    hooks,
    queries,
    readiness_by_route,
    reference_lists,
    suggesting,
)
from integrations.findings import Finding
from integrations.mappings.facts import ConnectionFacts
from integrations.mappings.reading import read_facts
from integrations.mappings.situations import Situation, situation_name
from integrations.models import (
    ConnectionState,
    ExactConnection,
    ExactDivision,
    Journal,
    ListKind,
    PaymentCondition,
    ReferenceList,
    Route,
)

__all__ = ["Finding", "check", "is_blocking", "lists_for"]

_PLACED = {Route.BOOKING: ListKind.LEDGER_ACCOUNTS, Route.EXACT_INVOICE: ListKind.ITEMS}


def lists_for(connection: ExactConnection) -> list[ListKind]:
    """This function will return the lists that the check needs: five, each a call unless much has changed in Exact."""
    # A division that could not be opened is asked for itself; conditions hardly ever change.
    is_held = connection.state == ConnectionState.NEEDS_ATTENTION
    return [
        ListKind.JOURNALS,
        _PLACED[Route(connection.route)],
        ListKind.VAT_CODES,
        ListKind.DIVISIONS if is_held else ListKind.PAYMENT_CONDITIONS,
        ListKind.RIGHTS,
    ]


def check(connection: ExactConnection, *, today: date) -> list[Finding]:
    """This function will go through the settings as a copy of today would, and return a line for each."""
    facts = read_facts(connection)
    return [
        _check_division(connection),
        _check_subsidiary(connection),
        _check_numbering(connection),
        _check_journal(connection),
        *readiness_by_route.check(connection, facts, today=today),
        *_check_vat(facts),
        *_check_open_invoices(connection, facts),
        _check_payment_condition(connection, facts),
        *_check_lists(connection),
        _check_payments(connection),
    ]


def is_blocking(finding: Finding) -> bool:
    """This function will tell whether setup can not be finished with this finding."""
    return finding.kind == "failed"


def _check_division(connection: ExactConnection) -> Finding:
    words = {"division": f"{connection.division_name} ({connection.division})"}
    rows = ExactDivision.objects.filter(grant_id=connection.grant_id)
    row = rows.filter(code=connection.division or 0).first()
    if connection.state == ConnectionState.NEEDS_ATTENTION and connection.state_reason:
        return Finding("failed", connection.state_reason, "exact")
    if row is not None and not row.is_usable:
        return Finding(
            "failed",
            _("%(division)s is archived or blocked in Exact. Make it active there.") % words,
            "exact",
        )
    return Finding("good", _("Division %(division)s can be used.") % words)


def _check_subsidiary(connection: ExactConnection) -> Finding:
    other = connection_lifecycle.find_taker(connection, connection.subsidiary)
    if other is not None:
        return Finding(
            "failed",
            _(
                "Invoices of %(subsidiary)s already go through “%(connection)s”. Choose another subsidiary."
            )
            % {"subsidiary": connection.subsidiary.name, "connection": other.name},
            "settings",
        )
    return Finding(
        "good",
        _("Invoices of %(subsidiary)s go to %(division)s (%(code)s).")
        % {
            "subsidiary": connection.subsidiary.name,
            "division": connection.division_name,
            "code": connection.division,
        },
    )


def _check_numbering(connection: ExactConnection) -> Finding:
    if not connection.numbering:
        return Finding("failed", _("Choose which system generates invoice numbers."), "settings")
    return Finding(
        "good",
        _("%(system)s generates invoice numbers.") % {"system": connection.get_numbering_display()},
    )


def _check_journal(connection: ExactConnection) -> Finding:
    code = connection.default_journal_code
    if not code:
        return _check_no_journal(connection)
    rows = Journal.objects.filter(connection=connection, code=code)
    journal = rows.order_by("is_gone", "id").first()
    words = {"code": code, "journal": journal}
    if journal is None or journal.is_gone:
        problem = _("Journal %(code)s is not in Exact any more. Choose another.") % words
    elif journal.type != Journal.SALES:
        problem = _("Journal %(journal)s is not a sales journal. Choose another.") % words
    elif journal.is_blocked:
        problem = _("Journal %(journal)s is blocked in Exact. Choose another.") % words
    elif journal.allow_variable_currency:
        return Finding("good", _("Journal %(journal)s takes invoices in any currency.") % words)
    elif connection.division_currency not in {"", journal.currency}:
        return Finding(
            "attention",
            _(
                "Journal %(journal)s takes %(currency)s only, and the division keeps its books in "
                "%(division_currency)s."
            )
            % {
                "journal": journal,
                "currency": journal.currency,
                "division_currency": connection.division_currency,
            },
            "settings",
        )
    else:
        return Finding(
            "good",
            _("Journal %(journal)s takes invoices in %(currency)s only.")
            % {"journal": journal, "currency": journal.currency},
        )
    return Finding("failed", problem, "settings")


def _check_no_journal(connection: ExactConnection) -> Finding:
    if not queries.list_usable_sales_journals(connection).exists():
        return Finding(
            "attention",
            _(
                "The division has no sales journal that can be booked in. Make one in Exact, then refresh the lists."
            ),
            "settings",
        )
    if connection.route == Route.EXACT_INVOICE:
        return Finding("failed", _("Choose the sales journal that Exact numbers in."), "settings")
    return Finding("good", _("No default journal: it is chosen at each copy."), "settings")


def _check_vat(facts: ConnectionFacts) -> list[Finding]:
    usable = {vat.code for vat in facts.sales_vat_codes}
    rates = list(queries.list_active_tax_rates())
    named = [
        (_("tax rate %(rate)s") % {"rate": rate.name}, facts.tax_rate_vat_codes.get(rate.pk, ""))
        for rate in rates
    ]
    named += [
        (
            _("tax rate %(rate)s for %(situation)s")
            % {"rate": rate.name, "situation": situation_name(situation)},
            code,
        )
        for rate in rates
        for situation in Situation
        if (code := facts.situation_vat_codes.get((rate.pk, situation)))
    ]
    named += [
        (
            _("service type %(name)s") % {"name": row.name},
            facts.service_type_vat_codes.get(row.pk, ""),
        )
        for row in queries.list_active_service_types()
    ]
    named.append((_("the default"), facts.default_vat_code))
    findings = [
        Finding(
            "failed",
            _("VAT code %(code)s of %(what)s can not be used any more. Choose another.")
            % {"code": code, "what": what},
            "mapping",
        )
        for what, code in named
        if code and code not in usable
    ]
    open_rates = [rate.name for rate in rates if not facts.tax_rate_vat_codes.get(rate.pk)]
    if not facts.default_vat_code:
        findings += readiness_by_route.check_no_default_vat_code(facts, open_rates)
    if not findings:
        findings.append(Finding("good", _("Every tax rate has a VAT code."), "mapping"))
    return findings


def _check_open_invoices(connection: ExactConnection, facts: ConnectionFacts) -> list[Finding]:
    """What the mapping comes to for the invoices that are not in Exact yet; nothing when there are none."""
    opened = hooks.read_open_invoices(connection)
    uncovered = suggesting.find(connection, facts, opened)
    if not opened.total:
        return []
    if not uncovered:
        sentence = ngettext(
            "%(n)d invoice is not in Exact yet, and the mapping covers all that it uses.",
            "%(n)d invoices are not in Exact yet, and the mapping covers all that they use.",
            opened.total,
        )
        return [Finding("good", sentence % {"n": opened.total}, "mapping")]
    sentence = ngettext(
        "Open invoices use something that no rule covers yet: %(names)s.",
        "Open invoices use %(n)d things that no rule covers yet: %(names)s.",
        len(uncovered),
    )
    names = ", ".join(one.name for one in uncovered)
    return [Finding("attention", sentence % {"n": len(uncovered), "names": names}, "mapping")]


def _check_payment_condition(connection: ExactConnection, facts: ConnectionFacts) -> Finding:
    code = facts.payment_condition_code
    if code and code not in facts.payment_conditions:
        return Finding(
            "failed",
            _("Payment condition %(code)s is not in Exact any more. Choose another.")
            % {"code": code},
            "mapping",
        )
    if code:
        row = PaymentCondition.objects.filter(
            connection=connection, code=code, is_gone=False
        ).first()
        return Finding(
            "good",
            _("Invoices carry payment condition %(condition)s.") % {"condition": row or code},
        )
    if facts.payment_conditions:
        return Finding(
            "good",
            _(
                "Exact takes the payment condition of the customer, or the default that is set there."
            ),
            "mapping",
        )
    return Finding(
        "attention",
        _(
            "The division has no payment condition, and Exact refuses an invoice without one. Make one in Exact; "
            "then set it as the default there, fill it in on the customers, or choose it here for this connection."
        ),
        "mapping",
    )


def _check_lists(connection: ExactConnection) -> list[Finding]:
    """What could not be read, in Exact's own words as well; above all the rights to the documents of the route."""
    known = reference_lists.freshness(connection)
    rows = [known[kind] for kind in lists_for(connection) if kind in known]
    findings = [_not_read(row) for row in rows if row.problem]
    rights = known.get(ListKind.RIGHTS)
    if rights and rights.refreshed_at and not rights.problem:
        findings.append(Finding("good", _("The Exact user who connected may open sales there.")))
    return findings


def _not_read(row: ReferenceList) -> Finding:
    kind = "failed" if row.kind == ListKind.RIGHTS else "attention"
    return Finding(
        kind, row.problem, "exact", in_exact=row.problem_in_exact, support_id=row.problem_id
    )


def _check_payments(connection: ExactConnection) -> Finding:
    if connection.sync_payments:
        return Finding("good", _("Payments in Exact come back by themselves."))
    return Finding("good", _("Payments are not read from Exact."), "settings")
