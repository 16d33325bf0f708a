"""Why invoices stand still, told once for all that stand still for the same.

A gap of the mapping, a question for a person, and a refusal of Exact all become a `Cause`. `finding` names them, from gaps before a
copy and from what a copy request keeps after it; `words` says what they are.
"""
