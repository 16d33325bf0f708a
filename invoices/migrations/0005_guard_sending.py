"""An invoice that Exact writes is sent as carefully as it is made; and what is known of older rows stays known.

Tables are behind forced row-level security, which hides every row from a migration; the owner may look past it while it
is not forced.
"""

from __future__ import annotations

from django.db import migrations

GUARD = """
CREATE OR REPLACE FUNCTION guard_copy_request() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state IS DISTINCT FROM OLD.state AND (OLD.state, NEW.state) NOT IN (
    ('queued', 'sending'), ('queued', 'needs_choice'), ('queued', 'cancelled'), ('queued', 'copied'),
    ('sending', 'copied'), ('sending', 'unknown'), ('sending', 'queued'), ('sending', 'needs_choice'),
    ('sending', 'mismatch'),
    ('unknown', 'copied'), ('unknown', 'queued'), ('unknown', 'conflict'), ('unknown', 'needs_choice'),
    ('unknown', 'mismatch'),
    ('needs_choice', 'queued'), ('needs_choice', 'cancelled'),
    ('conflict', 'cancelled'), ('mismatch', 'copied'), ('mismatch', 'cancelled'), ('copied', 'mismatch')
  ) THEN
    RAISE EXCEPTION 'copy request %: % cannot become %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'check_violation';
  END IF;
  IF OLD.kind IN ('create', 'send') AND OLD.attempt_count > 0 AND OLD.payload_hash <> '' AND (
    NEW.payload_hash IS DISTINCT FROM OLD.payload_hash OR NEW.marker IS DISTINCT FROM OLD.marker
    OR NEW.entry_number IS DISTINCT FROM OLD.entry_number
  ) THEN
    RAISE EXCEPTION 'copy request %: what was sent cannot be changed', OLD.id USING ERRCODE = 'check_violation';
  END IF;
  IF OLD.state = 'sending' AND NEW.state = 'queued' AND OLD.kind IN ('create', 'send') AND NOT EXISTS (
    SELECT 1 FROM invoices_copyattempt a WHERE a.copy_request_id = OLD.id AND a.number = OLD.attempt_count
      AND a.outcome IN ('not_sent', 'not_executed')
  ) THEN
    RAISE EXCEPTION 'copy request %: a send may only be repeated when it surely did nothing', OLD.id
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
"""

EARLIER = """
CREATE OR REPLACE FUNCTION guard_copy_request() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state IS DISTINCT FROM OLD.state AND (OLD.state, NEW.state) NOT IN (
    ('queued', 'sending'), ('queued', 'needs_choice'), ('queued', 'cancelled'), ('queued', 'copied'),
    ('sending', 'copied'), ('sending', 'unknown'), ('sending', 'queued'), ('sending', 'needs_choice'),
    ('sending', 'mismatch'),
    ('unknown', 'copied'), ('unknown', 'queued'), ('unknown', 'conflict'), ('unknown', 'needs_choice'),
    ('unknown', 'mismatch'),
    ('needs_choice', 'queued'), ('needs_choice', 'cancelled'),
    ('conflict', 'cancelled'), ('mismatch', 'copied'), ('mismatch', 'cancelled')
  ) THEN
    RAISE EXCEPTION 'copy request %: % cannot become %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'check_violation';
  END IF;
  IF OLD.kind = 'create' AND OLD.attempt_count > 0 AND OLD.payload_hash <> '' AND (
    NEW.payload_hash IS DISTINCT FROM OLD.payload_hash OR NEW.marker IS DISTINCT FROM OLD.marker
    OR NEW.entry_number IS DISTINCT FROM OLD.entry_number
  ) THEN
    RAISE EXCEPTION 'copy request %: what was sent cannot be changed', OLD.id USING ERRCODE = 'check_violation';
  END IF;
  IF OLD.state = 'sending' AND NEW.state = 'queued' AND OLD.kind = 'create' AND NOT EXISTS (
    SELECT 1 FROM invoices_copyattempt a WHERE a.copy_request_id = OLD.id AND a.number = OLD.attempt_count
      AND a.outcome IN ('not_sent', 'not_executed')
  ) THEN
    RAISE EXCEPTION 'copy request %: a send may only be repeated when it surely did nothing', OLD.id
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
"""

KEEP_WHAT_IS_KNOWN = """
ALTER TABLE invoices_posteddocument NO FORCE ROW LEVEL SECURITY;
UPDATE invoices_posteddocument SET entry_exact_id = exact_id;
ALTER TABLE invoices_posteddocument FORCE ROW LEVEL SECURITY;
ALTER TABLE invoices_invoice NO FORCE ROW LEVEL SECURITY;
UPDATE invoices_invoice SET exact_payment_status = payment_status, exact_paid_amount = paid_amount,
  exact_paid_date = paid_date;
ALTER TABLE invoices_invoice FORCE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("invoices", "0004_second_route")]
    operations = [
        migrations.RunSQL(GUARD, EARLIER),
        migrations.RunSQL(KEEP_WHAT_IS_KNOWN, migrations.RunSQL.noop),
    ]
