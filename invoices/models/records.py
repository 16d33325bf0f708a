"""Records that a copy needs in Exact before its document: customer, contact, and the document with the invoice's files."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from connector.tenancy.base import TenantForeignKey, TenantModel
from integrations.models import ExactConnection
from invoices.models.copying import CopyRequest
from invoices.models.invoice import Client, Contact, InvoiceFile


class ExactRecordState(models.TextChoices):
    """Whether a record of ours is in Exact."""

    SENDING = "sending", _("Being created")
    UNKNOWN = "unknown", _("Checking in Exact")
    LINKED = "linked", _("In Exact")
    REFUSED = "refused", _("Refused by Exact")
    # Made for a document that Exact then refused: it is deleted there.
    ORPHANED = "orphaned", _("To be deleted in Exact")
    REMOVED = "removed", _("Deleted in Exact")


UNDER_WAY_OR_THERE = (
    ExactRecordState.SENDING,
    ExactRecordState.UNKNOWN,
    ExactRecordState.LINKED,
)


class ExactRecord(TenantModel):
    """A record that a copy needs in Exact before its document; making it is an intent of its own (`exact_records.py`)."""

    state = models.CharField(max_length=10, choices=ExactRecordState.choices)
    exact_id = models.UUIDField(null=True, blank=True)
    fence = models.BigIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    settle_until = models.DateTimeField(null=True, blank=True)
    absent_lookups = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=~Q(state=ExactRecordState.LINKED) | Q(exact_id__isnull=False),
                name="a_linked_%(class)s_has_an_id",
            )
        ]

    def is_as_seen(self) -> bool:
        """Whether nobody has changed the row since it was read; it stays locked until the transaction ends."""
        rows = type(self).objects.select_for_update()
        return rows.filter(pk=self.pk, state=self.state, fence=self.fence).first() is not None


class CustomerLink(ExactRecord):
    """A client and its customer account in one division."""

    connection = TenantForeignKey(
        ExactConnection, on_delete=models.CASCADE, related_name="customer_links"
    )
    client = TenantForeignKey(Client, on_delete=models.CASCADE, related_name="customer_links")
    # How the account was found: remembered, chosen by a person, created, or the rule of D-10.
    matched_by = models.CharField(max_length=40, blank=True)

    class Meta(ExactRecord.Meta):
        constraints = [
            *ExactRecord.Meta.constraints,
            models.UniqueConstraint("connection", "client", name="one_customer_per_client"),
        ]

    def __str__(self) -> str:
        return f"Client {self.client_id}: {self.get_state_display()}"


class ContactLink(ExactRecord):
    """A contact of a client and its person in Exact, under the account that invoices are made out to."""

    connection = TenantForeignKey(
        ExactConnection, on_delete=models.CASCADE, related_name="contact_links"
    )
    contact = TenantForeignKey(Contact, on_delete=models.CASCADE, related_name="contact_links")
    account_exact_id = models.UUIDField()
    email = models.CharField(max_length=254, blank=True)

    class Meta(ExactRecord.Meta):
        constraints = [
            *ExactRecord.Meta.constraints,
            models.UniqueConstraint(
                "connection", "contact", "account_exact_id", name="one_person_per_contact"
            ),
        ]

    def __str__(self) -> str:
        return f"Contact {self.contact_id}: {self.get_state_display()}"


class DocumentLink(ExactRecord):
    """The document in Exact that holds the files of one copy (B-9); updates of that copy put theirs into it as well.

    `next_at` stays set until the copy's entry is there: a document whose copy ends without one is deleted again.
    """

    copy_request = TenantForeignKey(
        CopyRequest, on_delete=models.CASCADE, related_name="document_links"
    )
    # As it was sent, by which it is recognized.
    subject = models.CharField(max_length=60, blank=True)

    class Meta(ExactRecord.Meta):
        constraints = [
            *ExactRecord.Meta.constraints,
            models.UniqueConstraint("copy_request", name="one_document_link_per_copy"),
        ]
        indexes = [
            models.Index(
                "next_at", name="document_link_by_due_time", condition=Q(next_at__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return f"Document of copy {self.copy_request_id}: {self.get_state_display()}"


class AttachmentLink(ExactRecord):
    """One file in the document of a copy, as it was then: a file that is replaced in the PSA is attached anew.

    What an update replaced is ORPHANED until it is deleted in Exact.
    """

    document_link = TenantForeignKey(
        DocumentLink, on_delete=models.CASCADE, related_name="attachments"
    )
    # None once the PSA took the file away.
    file = TenantForeignKey(
        InvoiceFile, on_delete=models.SET_NULL, null=True, related_name="attachment_links"
    )
    # As it was sent, by which it is recognized; Exact takes fewer letters in a name than the PSA.
    name = models.CharField(max_length=120, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)

    class Meta(ExactRecord.Meta):
        constraints = [
            *ExactRecord.Meta.constraints,
            models.UniqueConstraint(
                "document_link",
                "file",
                "sha256",
                condition=Q(state__in=UNDER_WAY_OR_THERE),
                name="one_attachment_per_file",
            ),
        ]
        indexes = [
            models.Index(
                "next_at", name="attachment_link_by_due_time", condition=Q(next_at__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return f"File {self.file_id}: {self.get_state_display()}"
