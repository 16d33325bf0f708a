"""The database itself refuses a copy request's unlisted state changes, a changed payload, and an erased attempt."""

from __future__ import annotations

from django.db import migrations

GUARD = """
CREATE FUNCTION guard_copy_request() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER guard_copy_request BEFORE UPDATE ON invoices_copyrequest
  FOR EACH ROW EXECUTE FUNCTION guard_copy_request();

CREATE FUNCTION guard_copy_attempt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'copy attempts are kept' USING ERRCODE = 'check_violation';
  END IF;
  IF OLD.outcome <> '' AND NEW.outcome IS DISTINCT FROM OLD.outcome AND OLD.outcome <> 'uncertain' THEN
    RAISE EXCEPTION 'copy attempt %: its outcome is known', OLD.id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard_copy_attempt BEFORE UPDATE OR DELETE ON invoices_copyattempt
  FOR EACH ROW EXECUTE FUNCTION guard_copy_attempt();
"""

REMOVE = """
DROP TRIGGER guard_copy_request ON invoices_copyrequest;
DROP FUNCTION guard_copy_request();
DROP TRIGGER guard_copy_attempt ON invoices_copyattempt;
DROP FUNCTION guard_copy_attempt();
"""


class Migration(migrations.Migration):
    dependencies = [("invoices", "0001_initial")]
    operations = [migrations.RunSQL(GUARD, REMOVE)]
