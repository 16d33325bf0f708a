"""The customer an invoice is booked on: remembered, chosen, or created in Exact once (`exact_records.py`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from connector.sentences import sentence
from connector.tenancy.models import User
from connector.tenancy.scope import tenant_transaction
from integrations import reference_lists
from integrations.exact import accounts
from integrations.lanes import LaneJob
from integrations.models import ExactConnection, ExactCustomer, ListKind
from invoices import history
from invoices.causes.finding import unsure_customer
from invoices.causes.parts import Cause
from invoices.copy_choices import CopyChoices
from invoices.customer_marks import Marks, is_another, may_be_one, write_vat_number
from invoices.customer_match import CustomerMatch, Rule, marks_of, obstacle_of
from invoices.customer_search import match_customer
from invoices.exact_records import CLOCK_MARGIN, Later, RecordMaker, RecordWords
from invoices.models import (
    Client,
    CopyRequest,
    CopyState,
    CustomerLink,
    ExactRecordState,
    RecoveryPass,
)
from invoices.problems import Obstacle, Problem

CREATED, CHOSEN = "created", "chosen"
# The mirror may be a day old; what a person made in Exact since would be made a second time.
_FRESH = timedelta(minutes=15)
_ASK = _("Choose the right one in the copy dialog, or create a new customer there.")


def remember_choice(
    *, connection: ExactConnection, client: Client, exact_id: UUID, matched_by: str = CHOSEN
) -> bool:
    """This function will link the client to the account that was chosen; the next invoice offers it again.

    `matched_by` is the rule by which the dialog had found it, or CHOSEN. False when nothing changed.
    """
    link = (
        CustomerLink.objects.select_for_update()
        .filter(connection=connection, client=client)
        .first()
    )
    if link is not None and link.state in {ExactRecordState.SENDING, ExactRecordState.UNKNOWN}:
        return False
    if link is not None and link.state == ExactRecordState.LINKED and link.exact_id == exact_id:
        return False
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
    return True


def draft_for(
    client: Client, *, currency: str, payment_condition: str = ""
) -> accounts.AccountDraft:
    """This function will return the account to create: status customer and everything known of the client."""
    return accounts.AccountDraft(
        name=client.name,
        vat_number=write_vat_number(client.vat_number, client.country) or None,
        chamber_of_commerce=client.coc_number or None,
        email=client.email or None,
        phone=client.phone or None,
        website=client.website or None,
        address_line=client.address_line1 or None,
        address_line2=client.address_line2 or None,
        postcode=client.postcode or None,
        city=client.city or None,
        country=client.country or None,
        payment_condition=payment_condition or None,
        sales_currency=currency,
    )


def unsure_problem(client: Client, match: CustomerMatch) -> Problem:
    """This function will say that a person has to choose which account in Exact the client is."""
    causes = (unsure_customer(client.pk, client.name),)
    return Problem("customer_ambiguous", match.question, _ASK, causes=causes)


class CustomerMaker(RecordMaker[CustomerLink, accounts.Account]):
    """The customer account of the invoice's client."""

    noun = "customer"
    words = RecordWords(
        creating=_("Creating the customer in Exact"),
        checking=_("Checking in Exact whether the customer was created"),
        waiting=_("Waiting for the customer to be created in Exact"),
        refused=_("Exact did not create the customer."),
        ambiguous=_("Exact has %(n)s new customers that may be this one."),
    )

    def __init__(self, job: LaneJob, request: CopyRequest, obstacle: Obstacle) -> None:
        super().__init__(job, request)
        self._obstacle = obstacle
        self._choices = CopyChoices.from_json(request.choices)
        self._match = CustomerMatch()

    @property
    def _client(self) -> Client:
        client: Client = self.request.invoice.client
        return client

    def settled(self) -> UUID | None:
        """The account that a person chose or confirmed in the dialog, which is remembered."""
        chosen = self._choices.customer_exact_id
        if chosen is None:
            return None
        rule = self._choices.matched_by
        is_new = remember_choice(
            connection=self.request.connection,
            client=self._client,
            exact_id=chosen,
            matched_by=rule or CHOSEN,
        )
        if is_new:
            account = ExactCustomer.objects.filter(
                connection=self.request.connection, exact_id=chosen
            ).first()
            name = str(account or self._client)
            self._tell(
                sentence("%(account)s, because %(reason)s", account=name, reason=Rule(rule).reason)
                if rule
                else sentence("%(account)s, chosen in the copy dialog", account=name),
                user=self.request.requested_by,
            )
        return chosen

    def row(self) -> CustomerLink | None:
        """The client's link in this division."""
        return self._links().filter(client=self._client).first()

    def _links(self) -> QuerySet[CustomerLink]:
        return (
            CustomerLink.objects.select_for_update(of=("self",))
            .select_related("client")
            .filter(connection=self.request.connection)
        )

    def note(self, values: dict[str, Any]) -> CustomerLink:
        """Make or renew the client's link."""
        link, _ = CustomerLink.objects.update_or_create(
            connection=self.request.connection,
            client=self._client,
            defaults={
                "organization_id": self.request.organization_id,
                "matched_by": self._match.sure.rule if self._match.sure else CREATED,
                **values,
            },
        )
        return link

    def is_gone(self, link: CustomerLink) -> bool:
        """Whether the account was deleted in Exact, or cannot be invoiced any more: a person is asked then."""
        account = ExactCustomer.objects.filter(
            connection=self.request.connection, exact_id=link.exact_id or uuid4()
        ).first()
        return account is not None and (account.is_gone or bool(obstacle_of(account)))

    def search(self) -> UUID | CustomerLink | Problem | Later | None:
        """Match again at this moment (D-10): the lists, or another client's new account, may have brought it.

        A person who saw what matches and wants a new account gets one, unless the invoice cannot be copied anyway.
        """
        if self._choices.create_customer:
            with tenant_transaction(self.job.organization_id):
                return self._hindered()
        with tenant_transaction(self.job.organization_id):
            found = self._matched()
            if found is not None or self._is_fresh():
                return found or self._hindered()
        if not reference_lists.catch_up(self.job, ListKind.CUSTOMERS):
            return Later(sentence("Reading the customers from Exact"))
        with tenant_transaction(self.job.organization_id):
            return self._matched() or self._hindered()

    def _hindered(self) -> Problem | None:
        return self._obstacle(None)

    def _matched(self) -> UUID | CustomerLink | Problem | None:
        self._match = match_customer(self.request.connection, self._client)
        if self._match.customer is not None:
            return self._match.customer.exact_id
        if self._match.is_ambiguous:
            return unsure_problem(self._client, self._match)
        return self._twin()

    def _twin(self) -> CustomerLink | None:
        """Another client's account that is being made at this moment and may be the same company's."""
        ours = marks_of(self._client)
        under_way = (
            self._links()
            .filter(state__in=(ExactRecordState.SENDING, ExactRecordState.UNKNOWN))
            .exclude(client=self._client)
        )
        return next(
            (self.expired(link) for link in under_way if may_be_one(ours, marks_of(link.client))),
            None,
        )

    def _is_fresh(self) -> bool:
        """Whether the list was read a moment ago; after a restore not before all that was on its way to Exact is there."""
        row = reference_lists.freshness(self.request.connection).get(ListKind.CUSTOMERS)
        read_at = row.refreshed_at if row else None
        return (
            read_at is not None
            and self.job.now() - read_at < _FRESH
            and not RecoveryPass.may_forget_since(self.request.connection, read_at)
        )

    def found(self, exact_id: UUID, *, now: datetime) -> None:
        """Say which account it is and by what it was recognized."""
        if self._match.sure is not None:
            self._tell(
                sentence(
                    "%(account)s, because %(reason)s",
                    account=str(self._match.sure.account),
                    reason=self._match.sure.reason,
                )
            )

    def _tell(self, text: str, *, user: User | None = None) -> None:
        history.note(
            invoice=self.request.invoice,
            kind="customer_found",
            sentence=sentence("Customer in Exact: %(text)s.", text=text),
            user=user,
            now=self.job.now(),
        )

    def create(self) -> accounts.Account:
        """Make the account."""
        draft = draft_for(
            self._client,
            currency=self.request.invoice.currency,
            payment_condition=self.request.connection.payment_condition_code,
        )
        return accounts.create(self.job.client, draft)

    def exact_id(self, made: accounts.Account) -> UUID:
        """The account's id."""
        return made.exact_id

    def look_up(self, link: CustomerLink) -> Sequence[accounts.Account]:
        """Look for the account by name; only what is newer than our send, and not another client's, can be ours.

        Being in the mirror says nothing: the lists may have been read since.
        """
        found = accounts.find_by_name(self.job.client, link.client.name)
        since = (link.sent_at or self.job.now()) - CLOCK_MARGIN
        with tenant_transaction(self.job.organization_id):
            others = set(
                CustomerLink.objects.filter(
                    connection=self.request.connection,
                    exact_id__in=[account.exact_id for account in found],
                ).values_list("exact_id", flat=True)
            )
        return [
            account
            for account in found
            if account.exact_id not in others
            and (account.modified_at is None or account.modified_at >= since)
            and not is_another(marks_of(link.client), _marks(account))
        ]

    def linked(self, link: CustomerLink, made: accounts.Account, *, now: datetime) -> None:
        """Mirror the account, tell of it, and let others that waited for the same customer go on."""
        mirror(self.request.connection, made)
        told = (
            sentence(
                "Customer %(name)s was created in Exact with code %(code)s.",
                name=made.name,
                code=made.code,
            )
            if made.code
            else sentence("Customer %(name)s was created in Exact.", name=made.name)
        )
        history.note(
            invoice=self.request.invoice,
            kind="customer_created",
            sentence=told,
            now=now,
        )
        CopyRequest.objects.filter(
            Q(invoice__client=link.client) | Q(progress=self.waiting),
            connection=self.request.connection,
            state=CopyState.QUEUED,
            next_at__gt=now,
        ).update(next_at=now)

    def ambiguous(self, found: Sequence[accounts.Account]) -> Problem:
        """More than one new account of this name."""
        return Problem(
            "customer_ambiguous",
            sentence(
                "Exact has %(n)s new customers named %(name)s.",
                n=len(found),
                name=self._client.name,
            ),
            sentence("Choose the right one in the copy dialog."),
            causes=self._unsure(),
        )

    def _unsure(self) -> tuple[Cause, ...]:
        return (unsure_customer(self._client.pk, self._client.name),)


def _marks(account: accounts.Account) -> Marks:
    return Marks(
        name=account.name,
        vat_number=account.vat_number or "",
        coc_number=account.chamber_of_commerce or "",
        code=account.code or "",
        country=account.country or "",
    )


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
