"""Many invoices copied in one go: chosen on the list, looked at once before, followed until the last one is through."""
