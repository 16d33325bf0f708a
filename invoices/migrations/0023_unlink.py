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

# As in 0010; a link that was taken back had its document, as the invoice's history says.
_PROOF = """
CREATE OR REPLACE FUNCTION prove_copy_request() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  before text := current_setting('app.organization', true);
  is_proven boolean;
BEGIN
  PERFORM set_config('app.organization', NEW.organization_id::text, true);
  SELECT CASE
    WHEN r.state = 'sending' THEN EXISTS (
      SELECT 1 FROM invoices_copyattempt a WHERE a.copy_request_id = r.id AND a.number = r.attempt_count)
    WHEN r.state IN ('copied', 'mismatch') AND r.kind = 'create' THEN EXISTS (
      SELECT 1 FROM invoices_posteddocument d WHERE d.copy_request_id = r.id)
    WHEN r.state IN ('copied', 'mismatch') THEN EXISTS (
      SELECT 1 FROM invoices_posteddocument d WHERE d.invoice_id = r.invoice_id){taken_back}
    ELSE true
  END INTO is_proven FROM invoices_copyrequest r WHERE r.id = NEW.id;
  PERFORM set_config('app.organization', coalesce(before, ''), true);
  IF NOT coalesce(is_proven, true) THEN
    RAISE EXCEPTION 'copy request %: nothing proves that it is %', NEW.id, NEW.state USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
"""
_TAKEN_BACK = """ OR (r.kind = 'link' AND EXISTS (
      SELECT 1 FROM invoices_invoiceevent e WHERE e.invoice_id = r.invoice_id
        AND e.kind = 'unlinked' AND e.details @> jsonb_build_object('copy_request', r.id)))"""


class Migration(migrations.Migration):
    dependencies = [("invoices", "0022_accept_differences")]
    operations = [
        migrations.RunSQL(_GUARD.format(unlinked=_UNLINKED), _GUARD.format(unlinked="")),
        migrations.RunSQL(_PROOF.format(taken_back=_TAKEN_BACK), _PROOF.format(taken_back="")),
    ]
