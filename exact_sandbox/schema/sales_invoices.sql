-- Which sales entry the printing of a sales invoice made.
CREATE TABLE IF NOT EXISTS "sales_invoice_entries" (
  invoice_id TEXT PRIMARY KEY, entry_id TEXT UNIQUE NOT NULL);
