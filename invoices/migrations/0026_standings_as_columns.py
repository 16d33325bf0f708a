"""Where an invoice stands becomes columns that PostgreSQL keeps: `copy_standing`, `payment_standing`, `sync_standing`, `needs_look`.

`invoice_standings` derives them of an invoice. A trigger of the invoice calls it whenever the row is written, so that a row saved
whole by the program cannot bring old values back. Statements on other tables that change the outcome touch the invoices
concerned: these are locked in the order of their ids, and derived by the next statement, which sees what others committed
before the locks were had. Who changes an invoice's rows and holds other locks locks the invoice first (`invoices.locking`).
"""

from __future__ import annotations

from typing import Any

from django.db import migrations, models, transaction

_RULE = """
CREATE FUNCTION invoice_standings(
  i invoices_invoice,
  OUT copy_standing text, OUT payment_standing text, OUT sync_standing text, OUT needs_look boolean
) LANGUAGE plpgsql STABLE AS $$
DECLARE
  active CONSTANT text[] := ARRAY['queued', 'sending', 'unknown'];
  attention CONSTANT text[] := ARRAY['needs_choice', 'conflict', 'mismatch'];
  unsent CONSTANT text[] := ARRAY['waiting', 'failed', 'unsure'];
  still_open CONSTANT text[] := ARRAY['open', 'in_collection', 'partly_paid'];
  is_aside CONSTANT boolean := i.set_aside <> '';
  last_state text;
  is_moving boolean;
  lives boolean;
  deliveries text[];
  is_broken boolean;
  mark bigint;
  is_contradicted boolean := false;
BEGIN
  -- What stands in Exact is still as the wish before one that was given up left it.
  SELECT (array_agg(r.state ORDER BY r.id DESC) FILTER (WHERE r.state <> 'cancelled'))[1],
         coalesce(bool_or(r.state = ANY (active)), false)
    INTO last_state, is_moving FROM invoices_copyrequest r WHERE r.invoice_id = i.id;
  SELECT coalesce(bool_or(d.state <> 'deleted_in_exact'), false),
         array_agg(d.delivery ORDER BY d.sequence DESC, d.id DESC) FILTER (WHERE d.state = 'current')
    INTO lives, deliveries FROM invoices_posteddocument d WHERE d.invoice_id = i.id;
  is_broken := EXISTS (
    SELECT 1 FROM invoices_reconciliationbreak b WHERE b.invoice_id = i.id AND b.closed_at IS NULL);

  copy_standing := CASE
    -- A person's word goes before what is left of earlier wishes; its values are standings.
    WHEN is_aside THEN i.set_aside
    WHEN last_state = ANY (active) THEN 'in_progress'
    WHEN last_state = ANY (attention) THEN 'needs_attention'
    WHEN deliveries[1] = ANY (unsent) THEN 'needs_attention'
    WHEN deliveries[1] = 'sent' THEN 'sent'
    WHEN deliveries IS NOT NULL THEN 'copied'
    ELSE 'not_copied' END;
  payment_standing := CASE
    WHEN is_aside AND i.payment_status = ANY (still_open) THEN 'set_aside'
    WHEN i.payment_status = 'open' AND NOT lives THEN 'not_in_exact'
    WHEN i.payment_status = 'open' AND i.payments_read_at IS NULL THEN 'not_read'
    ELSE i.payment_status END;
  sync_standing := CASE
    WHEN is_moving THEN 'not_synced'
    WHEN coalesce(last_state = ANY (attention), false) AND NOT is_aside THEN 'failing'
    WHEN is_broken OR coalesce(deliveries && unsent, false) THEN 'failing'
    WHEN is_aside THEN 'set_aside'
    WHEN deliveries IS NOT NULL THEN 'in_sync'
    ELSE 'not_synced' END;

  IF lives AND i.payments_read_at IS NOT NULL THEN
    SELECT h.id INTO mark FROM invoices_handpayment h
      WHERE h.invoice_id = i.id AND h.undone_at IS NULL;
    IF mark IS NOT NULL THEN
      -- A mark says that money came: in Exact nothing is open then, and not for another reason.
      is_contradicted := i.exact_payment_status = ANY (still_open || ARRAY['credited', 'written_off'])
        AND NOT EXISTS (
          SELECT 1 FROM invoices_paymentdecision p WHERE p.invoice_id = i.id AND p.hand_payment_id = mark
            AND p.exact_status = i.exact_payment_status AND p.exact_paid_amount = i.exact_paid_amount);
    ELSIF i.psa_paid_date IS NOT NULL THEN
      is_contradicted := i.exact_payment_status = ANY (still_open)
        AND NOT EXISTS (
          SELECT 1 FROM invoices_paymentdecision p WHERE p.invoice_id = i.id AND p.hand_payment_id IS NULL
            AND p.psa_paid_date = i.psa_paid_date
            AND p.exact_status = i.exact_payment_status AND p.exact_paid_amount = i.exact_paid_amount);
    END IF;
  END IF;
  needs_look := copy_standing = 'needs_attention' OR is_broken OR is_contradicted OR EXISTS (
    SELECT 1 FROM invoices_intakeconflict c WHERE c.invoice_id = i.id AND c.resolution = '');
END $$;

CREATE FUNCTION keep_invoice_standings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    -- Nothing belongs to it yet; looking for it would also have PostgreSQL plan for empty tables.
    NEW.copy_standing := coalesce(nullif(NEW.set_aside, ''), 'not_copied');
    NEW.payment_standing := CASE
      WHEN NEW.set_aside <> '' AND NEW.payment_status IN ('open', 'in_collection', 'partly_paid') THEN 'set_aside'
      WHEN NEW.payment_status = 'open' THEN 'not_in_exact' ELSE NEW.payment_status END;
    NEW.sync_standing := CASE WHEN NEW.set_aside <> '' THEN 'set_aside' ELSE 'not_synced' END;
    NEW.needs_look := false;
    RETURN NEW;
  END IF;
  SELECT s.copy_standing, s.payment_standing, s.sync_standing, s.needs_look
    INTO NEW.copy_standing, NEW.payment_standing, NEW.sync_standing, NEW.needs_look
    FROM invoice_standings(NEW) s;
  RETURN NEW;
END $$;
CREATE TRIGGER keep_invoice_standings BEFORE INSERT OR UPDATE ON invoices_invoice
  FOR EACH ROW EXECUTE FUNCTION keep_invoice_standings();

CREATE FUNCTION touch_invoices(ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  -- Joined, not compared with the array: each row would be looked for in all of it.
  PERFORM 1 FROM unnest(ids) AS touched (id) JOIN invoices_invoice i ON i.id = touched.id
    ORDER BY i.id FOR NO KEY UPDATE OF i;
  UPDATE invoices_invoice i SET needs_look = i.needs_look FROM unnest(ids) AS touched (id) WHERE i.id = touched.id;
END $$;
"""

_ACTIVE_AS_ONE = (
    "CASE WHEN {row}.state IN ('queued', 'sending', 'unknown') THEN '' ELSE {row}.state END"
)

# Of each table: when a changed row (before, now) changes what its invoice's columns say.
_MATTERS = {
    "invoices_copyrequest": (
        f"{_ACTIVE_AS_ONE.format(row='now')} <> {_ACTIVE_AS_ONE.format(row='before')}"
    ),
    "invoices_posteddocument": (
        "(now.state, now.delivery, now.sequence) <> (before.state, before.delivery, before.sequence)"
    ),
    "invoices_reconciliationbreak": "(now.closed_at IS NULL) <> (before.closed_at IS NULL)",
    "invoices_intakeconflict": "(now.resolution = '') <> (before.resolution = '')",
    "invoices_handpayment": "(now.undone_at IS NULL) <> (before.undone_at IS NULL)",
    "invoices_paymentdecision": (
        "(now.hand_payment_id, now.psa_paid_date, now.exact_status, now.exact_paid_amount) IS DISTINCT FROM "
        "(before.hand_payment_id, before.psa_paid_date, before.exact_status, before.exact_paid_amount)"
    ),
}

_ROWS = {
    "INSERT": "REFERENCING NEW TABLE AS rows_now",
    "UPDATE": "REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_now",
    "DELETE": "REFERENCING OLD TABLE AS rows_before",
}


def _touching(table: str, matters: str) -> str:
    triggers = "".join(
        f"CREATE TRIGGER {table}_{event.lower()}_touches AFTER {event} ON {table} {rows}\n"
        f"  FOR EACH STATEMENT EXECUTE FUNCTION {table}_touches();\n"
        for event, rows in _ROWS.items()
    )
    return f"""
CREATE FUNCTION {table}_touches() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  ids bigint[];
BEGIN
  IF TG_OP = 'INSERT' THEN
    SELECT array_agg(DISTINCT now.invoice_id) INTO ids FROM rows_now now;
  ELSIF TG_OP = 'DELETE' THEN
    SELECT array_agg(DISTINCT before.invoice_id) INTO ids FROM rows_before before;
  ELSE
    SELECT array_agg(DISTINCT now.invoice_id) INTO ids
      FROM rows_now now JOIN rows_before before ON before.id = now.id WHERE {matters};
  END IF;
  IF ids IS NOT NULL THEN
    PERFORM touch_invoices(ids);
  END IF;
  RETURN NULL;
END $$;
{triggers}"""  # noqa: S608  # the tables named above


def _create() -> str:
    return _RULE + "".join(_touching(table, matters) for table, matters in _MATTERS.items())


def _drop() -> str:
    touching = "".join(
        "".join(f"DROP TRIGGER {table}_{event.lower()}_touches ON {table};\n" for event in _ROWS)
        + f"DROP FUNCTION {table}_touches();\n"
        for table in _MATTERS
    )
    return f"""{touching}
DROP TRIGGER keep_invoice_standings ON invoices_invoice;
DROP FUNCTION keep_invoice_standings();
DROP FUNCTION touch_invoices(bigint[]);
DROP FUNCTION invoice_standings(invoices_invoice);
"""


_AT_A_TIME = 5_000
_TOUCH = """
WITH some AS (SELECT id FROM invoices_invoice WHERE id > %s ORDER BY id LIMIT %s FOR NO KEY UPDATE),
touched AS (UPDATE invoices_invoice i SET needs_look = i.needs_look FROM some WHERE i.id = some.id RETURNING i.id)
SELECT max(id) FROM touched
"""


def fill(apps: Any, schema_editor: Any) -> None:
    """This function will have the trigger derive the columns of all invoices, a few thousand in a transaction."""
    connection = schema_editor.connection
    for organization_id in _organizations(connection):
        last = 0
        while last is not None:
            with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
                cursor.execute(
                    "SELECT set_config('app.organization', %s, true)", [str(organization_id)]
                )
                cursor.execute(_TOUCH, [last, _AT_A_TIME])
                (last,) = cursor.fetchone()


def _organizations(connection: Any) -> list[int]:
    """Their owner, too, sees none behind the wall; it stays open for nobody else, and for this one transaction."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tenancy_organization NO FORCE ROW LEVEL SECURITY")
        cursor.execute("SELECT id FROM tenancy_organization ORDER BY id")
        found = [row[0] for row in cursor.fetchall()]
        cursor.execute("ALTER TABLE tenancy_organization FORCE ROW LEVEL SECURITY")
    return found


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("invoices", "0025_let_accepted_differences_stand")]
    operations = [
        *(
            migrations.AddField(
                "invoice",
                name,
                models.CharField(default="", editable=False, max_length=20),
            )
            for name in ("copy_standing", "payment_standing", "sync_standing")
        ),
        migrations.AddField(
            "invoice", "needs_look", models.BooleanField(default=False, editable=False)
        ),
        migrations.RunSQL(_create(), _drop()),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
