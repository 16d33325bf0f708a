"""What may be written where: a module for each kind of record, and `table` with all of them."""
