"""Settings, tenancy and the machinery that every part of the connector stands on."""
