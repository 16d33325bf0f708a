"""The database itself keeps what was sent, whoever writes: the application, a shell, the owner of the tables.

One number goes out once at a time; a request that says it is being sent has an attempt, and one that says it is copied has
its document, when the transaction ends; after a lost answer nothing is queued again before Exact was looked at twice.
"""

from __future__ import annotations

from django.db import migrations, models

GUARD = """
CREATE FUNCTION guard_what_was_sent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'copy requests are kept' USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.organization_id, NEW.invoice_id, NEW.connection_id, NEW.kind, NEW.generation, NEW.marker)
     IS DISTINCT FROM (OLD.organization_id, OLD.invoice_id, OLD.connection_id, OLD.kind, OLD.generation, OLD.marker)
     OR NEW.attempt_count < OLD.attempt_count THEN
    RAISE EXCEPTION 'copy request %: what it asks for cannot be changed', OLD.id USING ERRCODE = 'check_violation';
  END IF;
  IF OLD.kind IN ('create', 'send') AND OLD.attempt_count > 0 AND OLD.payload_hash <> '' AND
     (NEW.payload, NEW.route, NEW.journal_code, NEW.your_ref)
     IS DISTINCT FROM (OLD.payload, OLD.route, OLD.journal_code, OLD.your_ref) THEN
    RAISE EXCEPTION 'copy request %: what was sent cannot be changed', OLD.id USING ERRCODE = 'check_violation';
  END IF;
  IF OLD.state = 'unknown' AND NEW.state = 'queued' AND (
     NEW.state_changed_at < OLD.settle_until OR (OLD.kind IN ('create', 'send') AND NEW.absent_lookups < 2)
  ) THEN
    RAISE EXCEPTION 'copy request %: Exact may still have it', OLD.id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard_what_was_sent BEFORE UPDATE OR DELETE ON invoices_copyrequest
  FOR EACH ROW EXECUTE FUNCTION guard_what_was_sent();

-- Row-level security hides every row from a transaction without an organization, also at its end.
CREATE FUNCTION prove_copy_request() RETURNS trigger LANGUAGE plpgsql AS $$
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
      SELECT 1 FROM invoices_posteddocument d WHERE d.invoice_id = r.invoice_id)
    ELSE true
  END INTO is_proven FROM invoices_copyrequest r WHERE r.id = NEW.id;
  PERFORM set_config('app.organization', coalesce(before, ''), true);
  IF NOT coalesce(is_proven, true) THEN
    RAISE EXCEPTION 'copy request %: nothing proves that it is %', NEW.id, NEW.state USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER prove_copy_request AFTER INSERT OR UPDATE OF state ON invoices_copyrequest
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (NEW.state IN ('sending', 'copied', 'mismatch')) EXECUTE FUNCTION prove_copy_request();

CREATE FUNCTION guard_attempt_facts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.organization_id, NEW.copy_request_id, NEW.number, NEW.fence, NEW.worker, NEW.started_at, NEW.payload_hash)
     IS DISTINCT FROM
     (OLD.organization_id, OLD.copy_request_id, OLD.number, OLD.fence, OLD.worker, OLD.started_at, OLD.payload_hash)
  THEN
    RAISE EXCEPTION 'copy attempt %: what was noted cannot be changed', OLD.id USING ERRCODE = 'check_violation';
  END IF;
  IF OLD.outcome NOT IN ('', 'uncertain') AND NEW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'copy attempt %: its outcome is known', OLD.id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard_attempt_facts BEFORE UPDATE ON invoices_copyattempt
  FOR EACH ROW EXECUTE FUNCTION guard_attempt_facts();

CREATE FUNCTION guard_posted_document() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
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
CREATE TRIGGER guard_posted_document BEFORE UPDATE OR DELETE ON invoices_posteddocument
  FOR EACH ROW EXECUTE FUNCTION guard_posted_document();
"""

REMOVE = """
DROP TRIGGER guard_what_was_sent ON invoices_copyrequest;
DROP FUNCTION guard_what_was_sent();
DROP TRIGGER prove_copy_request ON invoices_copyrequest;
DROP FUNCTION prove_copy_request();
DROP TRIGGER guard_attempt_facts ON invoices_copyattempt;
DROP FUNCTION guard_attempt_facts();
DROP TRIGGER guard_posted_document ON invoices_posteddocument;
DROP FUNCTION guard_posted_document();
"""


class Migration(migrations.Migration):
    dependencies = [("invoices", "0009_count_copies_by_state")]
    operations = [
        migrations.AddConstraint(
            model_name="copyrequest",
            constraint=models.UniqueConstraint(
                models.F("connection"),
                models.F("journal_code"),
                models.F("entry_number"),
                condition=models.Q(
                    ("entry_number__isnull", False), ("state__in", ("queued", "sending", "unknown"))
                ),
                name="one_number_at_a_time",
            ),
        ),
        migrations.RunSQL(GUARD, REMOVE),
    ]
