"""The customer an invoice is booked on: remembered, chosen, or created in Exact once, whatever happens on the way.

Creating an account is an intent of its own (`CustomerLink`): a copy that fails afterwards finds the account, and two
invoices of a new client make one account.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from connector.crash_points import crash_point
from connector.tenancy.scope import tenant_transaction
from integrations.exact import accounts, errors
from integrations.exact.errors import Outcome
from integrations.lane_work import LaneJob
from integrations.models import ExactConnection, ExactCustomer
from invoices import copy_states, history
from invoices.copy_choices import CopyChoices
from invoices.models import Client, CopyRequest, CustomerLink, ExactRecordState
from invoices.problems import NO_PROBLEM, Problem

_LOOKUPS_BEFORE_ABSENT = 2
# Exact's clock is not ours; an account changed this long before our send can still be the one we made.
_CLOCK_MARGIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class CustomerStep:
    """What this step came to: the account, or `None` when the request has to be looked at again later."""

    exact_id: UUID | None


def remember_choice(
    *, connection: ExactConnection, client: Client, exact_id: UUID, matched_by: str = "chosen"
) -> None:
    """This function will link the client to the account that a person chose; the next invoice offers it again."""
    link = (
        CustomerLink.objects.select_for_update()
        .filter(connection=connection, client=client)
        .first()
    )
    if link is not None and link.state in {ExactRecordState.SENDING, ExactRecordState.UNKNOWN}:
        return
    CustomerLink.objects.update_or_create(
        connection=connection,
        client=client,
        defaults={
            "organization_id": connection.organization_id,
            "state": ExactRecordState.LINKED,
            "exact_id": exact_id,
            "matched_by": matched_by,
            "next_at": None,
        },
    )


def ensure(job: LaneJob, request: CopyRequest) -> CustomerStep:
    """This function will return the account to book on, creating it when there is none: one call at most.

    Called outside any transaction. It holds the request (`needs_choice`) when Exact refuses the account.
    """
    with tenant_transaction(job.organization_id):
        found = _known(request, now=job.now())
        if isinstance(found, UUID):
            return CustomerStep(found)
        taken = _take(request, job) if found is None else None
    if taken is not None:
        return _create(job, request, taken)
    if isinstance(found, CustomerLink) and found.state == ExactRecordState.UNKNOWN:
        return _look_up(job, request, found)
    return _later(job, request, found)


def _known(request: CopyRequest, *, now: datetime) -> UUID | CustomerLink | None:
    """The account id when it is settled, the link when it has to be looked up, None when one may be created."""
    choices = CopyChoices.from_json(request.choices)
    client = request.invoice.client
    if choices.customer_exact_id is not None:
        remember_choice(
            connection=request.connection, client=client, exact_id=choices.customer_exact_id
        )
        return choices.customer_exact_id
    link = (
        CustomerLink.objects.select_for_update()
        .filter(connection=request.connection, client=client)
        .first()
    )
    if link is None or link.state == ExactRecordState.REFUSED:
        return None
    if link.state == ExactRecordState.LINKED and link.exact_id is not None:
        gone = ExactCustomer.objects.filter(
            connection=request.connection, exact_id=link.exact_id, is_gone=True
        ).exists()
        return None if gone else link.exact_id
    if link.state == ExactRecordState.SENDING and (
        link.sent_at is None or link.sent_at + copy_states.send_lease() < now
    ):
        # Whoever was creating it is gone; nobody knows whether Exact has it.
        link.state = ExactRecordState.UNKNOWN
        link.next_at = now
        link.save(update_fields=["state", "next_at"])
    return link


def _take(request: CopyRequest, job: LaneJob) -> CustomerLink:
    now = job.now()
    link, _ = CustomerLink.objects.update_or_create(
        connection=request.connection,
        client=request.invoice.client,
        defaults={
            "organization_id": request.organization_id,
            "state": ExactRecordState.SENDING,
            "exact_id": None,
            "matched_by": "created",
            "fence": job.fence,
            "sent_at": now,
            "settle_until": now + timedelta(seconds=settings.COPY_SETTLE_SECONDS),
            "absent_lookups": 0,
            "next_at": now + copy_states.send_lease(),
        },
    )
    copy_states.wait(
        request, at=now + copy_states.send_lease(), progress="Creating the customer in Exact"
    )
    return link


def draft_for(client: Client, *, currency: str) -> accounts.AccountDraft:
    """This function will return the account to create: status customer and everything known of the client."""
    return accounts.AccountDraft(
        name=client.name,
        vat_number=client.vat_number or None,
        chamber_of_commerce=client.coc_number or None,
        email=client.email or None,
        phone=client.phone or None,
        website=client.website or None,
        address_line=client.address_line1 or None,
        postcode=client.postcode or None,
        city=client.city or None,
        country=client.country or None,
        sales_currency=currency,
    )


def _create(job: LaneJob, request: CopyRequest, link: CustomerLink) -> CustomerStep:
    if not job.still_ours():
        with tenant_transaction(job.organization_id):
            _release(request, link, now=job.now())
        return CustomerStep(None)
    crash_point("after_customer_claim")
    try:
        account = accounts.create(
            job.client, draft_for(request.invoice.client, currency=request.invoice.currency)
        )
    except errors.ExactError as error:
        return _after_error(job, request, link, error)
    crash_point("after_customer_post")
    return _linked(job, request, link, account)


def _after_error(
    job: LaneJob, request: CopyRequest, link: CustomerLink, error: errors.ExactError
) -> CustomerStep:
    now = job.now()
    if error.outcome in {Outcome.NOT_SENT, Outcome.REFUSED_UNEXECUTED}:
        with tenant_transaction(job.organization_id):
            _release(request, link, now=now)
        # Raised inside the transaction it would undo the release, and the customer would count as perhaps created.
        raise error
    with tenant_transaction(job.organization_id):
        if error.outcome == Outcome.REFUSED:
            _refuse(request, link, Problem.from_error(error), now)
            return CustomerStep(None)
        CustomerLink.objects.filter(pk=link.pk).update(state=ExactRecordState.UNKNOWN, next_at=now)
        # A 500 with Exact's own text is nearly always a refusal; it counts once the look-up has found nothing.
        problem = (
            Problem.from_error(error) if error.outcome == Outcome.PROBABLY_REFUSED else NO_PROBLEM
        )
        CopyRequest.objects.filter(pk=request.pk).update(**problem.columns())
        copy_states.wait(
            request, at=now, progress="Checking in Exact whether the customer was created"
        )
    return CustomerStep(None)


def _release(request: CopyRequest, link: CustomerLink, *, now: datetime) -> None:
    """Nothing was created: the next step may begin anew."""
    CustomerLink.objects.filter(pk=link.pk).delete()
    copy_states.wait(request, at=now, progress="")


def _look_up(job: LaneJob, request: CopyRequest, link: CustomerLink) -> CustomerStep:
    """Look for the account by name; only what is newer than our send, and not another client's, can be ours.

    Being in the mirror says nothing: the lists may have been read since.
    """
    if link.next_at is not None and link.next_at > job.now():
        return _later(job, request, link)
    found = accounts.find_by_name(job.client, request.invoice.client.name)
    now = job.now()
    since = (link.sent_at or now) - _CLOCK_MARGIN
    with tenant_transaction(job.organization_id):
        others = set(
            CustomerLink.objects.filter(
                connection=request.connection, exact_id__in=[account.exact_id for account in found]
            ).values_list("exact_id", flat=True)
        )
    ours = [
        account
        for account in found
        if account.exact_id not in others
        and (account.modified_at is None or account.modified_at >= since)
    ]
    if len(ours) == 1:
        return _linked(job, request, link, ours[0])
    with tenant_transaction(job.organization_id):
        if len(ours) > 1:
            CustomerLink.objects.filter(pk=link.pk).update(
                state=ExactRecordState.REFUSED, next_at=None
            )
            copy_states.hold(
                request,
                Problem(
                    "customer_ambiguous",
                    f"Exact has {len(ours)} new customers named {request.invoice.client.name}.",
                    "Choose the right one in the copy dialog.",
                ),
                now=now,
            )
            return CustomerStep(None)
        lookups = link.absent_lookups + 1
        if request.problem_code:
            refusal = Problem(
                request.problem_code,
                request.problem_sentence,
                request.problem_remedy,
                request.problem_raw,
            )
            _refuse(request, link, refusal, now)
        elif (
            lookups >= _LOOKUPS_BEFORE_ABSENT
            and link.settle_until is not None
            and now >= link.settle_until
        ):
            _release(request, link, now=now)
        else:
            at = max(link.settle_until or now, now)
            CustomerLink.objects.filter(pk=link.pk).update(absent_lookups=lookups, next_at=at)
            copy_states.wait(
                request, at=at, progress="Checking in Exact whether the customer was created"
            )
    return CustomerStep(None)


def _later(job: LaneJob, request: CopyRequest, link: CustomerLink | None) -> CustomerStep:
    with tenant_transaction(job.organization_id):
        copy_states.wait(
            request,
            at=(link and link.next_at) or job.now() + copy_states.send_lease(),
            progress="Waiting for the customer to be created in Exact",
        )
    return CustomerStep(None)


def _linked(
    job: LaneJob, request: CopyRequest, link: CustomerLink, account: accounts.Account
) -> CustomerStep:
    now = job.now()
    with tenant_transaction(job.organization_id):
        CustomerLink.objects.filter(pk=link.pk).update(
            state=ExactRecordState.LINKED, exact_id=account.exact_id, next_at=None
        )
        mirror(request.connection, account)
        CopyRequest.objects.filter(pk=request.pk).update(**NO_PROBLEM.columns())
        history.note(
            invoice=request.invoice,
            kind="customer_created",
            sentence=f"Customer {account.name} was created in Exact{f' with code {account.code}' if account.code else ''}.",
            now=now,
        )
        copy_states.wait(request, at=now, progress="")
        # Others that waited for the same customer go on as well.
        CopyRequest.objects.filter(
            connection=request.connection,
            invoice__client=request.invoice.client,
            state="queued",
            next_at__gt=now,
        ).update(next_at=now)
    return CustomerStep(account.exact_id)


def mirror(connection: ExactConnection, account: accounts.Account) -> None:
    """This function will put an account that Exact just told of into the mirror, so that search finds it at once."""
    ExactCustomer.objects.update_or_create(
        connection=connection,
        exact_id=account.exact_id,
        defaults={
            "organization_id": connection.organization_id,
            "code": account.code or "",
            "name": account.name[:200],
            "vat_number": account.vat_number or "",
            "coc_number": account.chamber_of_commerce or "",
            "email": account.email,
            "city": account.city,
            "country": account.country or "",
            "status": account.status or "",
            "is_blocked": account.is_blocked,
            "is_gone": False,
        },
    )


def _refuse(request: CopyRequest, link: CustomerLink, problem: Problem, now: datetime) -> None:
    CustomerLink.objects.filter(pk=link.pk).update(state=ExactRecordState.REFUSED, next_at=None)
    sentence = f"Exact did not create the customer. {problem.sentence}"
    copy_states.hold(request, Problem(problem.code, sentence, problem.remedy, problem.raw), now=now)
