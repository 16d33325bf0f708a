-- The applications of the App Center: redirect_uris is a JSON list (empty: any https address and
-- localhost), scopes a JSON object of scope to "read" or "manage" (null: all of them), country the
-- one whose App Center registered it (empty: each).
CREATE TABLE IF NOT EXISTS "applications" (
  client_id TEXT PRIMARY KEY, client_secret TEXT NOT NULL, name TEXT NOT NULL,
  redirect_uris TEXT NOT NULL DEFAULT '[]', scopes TEXT, webhook_secret TEXT NOT NULL,
  country TEXT NOT NULL DEFAULT '');
