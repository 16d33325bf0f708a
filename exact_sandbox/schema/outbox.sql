-- What was sent to customers: kind is email, postbox or peppol; created in milliseconds since 1970.
CREATE TABLE IF NOT EXISTS "outbox" (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, kind TEXT NOT NULL,
  division INTEGER NOT NULL, invoice_id TEXT NOT NULL, invoice_number INTEGER,
  sender TEXT NOT NULL, recipient TEXT NOT NULL, recipient_name TEXT NOT NULL,
  subject TEXT NOT NULL, body TEXT NOT NULL, language TEXT NOT NULL, created INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS "outbox_attachments" (
  message_id TEXT NOT NULL, name TEXT NOT NULL, content_type TEXT NOT NULL, content BLOB NOT NULL,
  PRIMARY KEY (message_id, name));
