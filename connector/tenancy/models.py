"""People and organizations: who may see and do what."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from connector.sentences import SentenceField
from connector.tenancy.base import TenantModel


class UserManager(BaseUserManager["User"]):
    """Makes users who sign in with their e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """This function will store a user with a hashed password and a normalized e-mail address."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        """This function will find the user by e-mail whatever its case, or raise User.DoesNotExist."""
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """A person. Rights come from memberships, never from the user row."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_organization_id = models.BigIntegerField(null=True, blank=True)
    # Their choice; empty is the browser's, which is kept at each signing in, for mails.
    language = models.CharField(max_length=10, blank=True, default="", db_default="")
    browser_language = models.CharField(max_length=10, blank=True, default="", db_default="")

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="one_user_per_email")]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def reads(self) -> str:
        """The language that mails to this person are written in; empty when nothing is known of it."""
        return self.language or self.browser_language


class Plan(models.TextChoices):
    """What the organization has subscribed to."""

    ESSENTIAL = "essential", _("Essential")
    PROFESSIONAL = "professional", _("Professional")
    ULTIMATE = "ultimate", _("Ultimate")

    @property
    def includes_integrations(self) -> bool:
        """Essential has none: the marketplace card is visible but cannot be connected."""
        return self is not Plan.ESSENTIAL


class Organization(models.Model):
    """An agency: the tenant. Its table is behind row-level security on its own id."""

    name = models.CharField(max_length=120)
    plan = models.CharField(max_length=20, choices=Plan.choices, default=Plan.PROFESSIONAL)
    # How long the history of the work with Exact is kept.
    history_months = models.PositiveSmallIntegerField(default=13, db_default=13)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name

    @property
    def includes_integrations(self) -> bool:
        """Whether the plan allows connecting an accounting system."""
        return Plan(self.plan).includes_integrations


class Role(models.TextChoices):
    """What a member may do: viewers read, finance copies invoices, admins also change settings."""

    ADMIN = "admin", _("Admin")
    FINANCE = "finance", _("Finance")
    VIEWER = "viewer", _("Viewer")


class Membership(TenantModel):
    """A user's place in an organization."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices)
    # By kind of mail (tenancy.mails) whether the member wants it; what is not here was never chosen, and is sent.
    mail_choices = models.JSONField(default=dict, db_default={}, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("organization", "user", name="one_membership_per_user")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} as {self.role}"

    @property
    def may_change_settings(self) -> bool:
        """Whether this member may connect Exact and change its settings."""
        return self.role == Role.ADMIN

    @property
    def may_copy(self) -> bool:
        """Whether this member may copy invoices and import them."""
        return self.role in {Role.ADMIN, Role.FINANCE}


class ApiKey(TenantModel):
    """A key for the REST API. Only its hash is stored; the organization's id is part of the key itself."""

    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12)
    key_hash = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "id"]

    def __str__(self) -> str:
        return self.name


class AuditEvent(TenantModel):
    """Something that happened to the organization's settings, by whom and when. Rows are only ever added."""

    at = models.DateTimeField()
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    action = models.CharField(max_length=60)
    sentence = SentenceField(longest=400)

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return self.sentence
