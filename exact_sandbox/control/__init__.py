"""The sandbox's own API under /_sandbox: each subject is a module with a table of its addresses.

To add addresses: write a module with a `SUBJECT` (see `routes`) and add it to `SUBJECTS` in `table`.
Matching, reading and checking bodies, refusals and the OpenAPI file follow from its routes.
"""
