"""What would become of many invoices if they were copied now: looked at by the rules of the copy itself, without Exact."""
