"""A document that a person linked may be taken off its invoice, once the invoice's history says so; no other may."""

from __future__ import annotations

from django.db import migrations

_GUARD = """
CREATE OR REPLACE FUNCTION guard_posted_document() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    {unlinked}
    RAISE EXCEPTION 'documents in Exact are kept' USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.organization_id, NEW.invoice_id, NEW.connection_id, NEW.copy_request_id, NEW.exact_id, NEW.route, NEW.sequence)
     IS DISTINCT FROM
     (OLD.organization_id, OLD.invoice_id, OLD.connection_id, OLD.copy_request_id, OLD.exact_id, OLD.route, OLD.sequence)
  THEN
    RAISE EXCEPTION 'document %: whose it is cannot be changed', OLD.id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
"""
_UNLINKED = """IF EXISTS (
      SELECT 1 FROM invoices_copyrequest r JOIN invoices_invoiceevent e ON e.invoice_id = OLD.invoice_id
      WHERE r.id = OLD.copy_request_id AND r.kind = 'link'
        AND e.kind = 'unlinked' AND e.details @> jsonb_build_object('document', OLD.id)) THEN
      RETURN OLD;
    END IF;"""


class Migration(migrations.Migration):
    dependencies = [("invoices", "0022_accept_differences")]
    operations = [
        migrations.RunSQL(_GUARD.format(unlinked=_UNLINKED), _GUARD.format(unlinked="")),
    ]
