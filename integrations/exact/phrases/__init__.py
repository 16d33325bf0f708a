"""The texts Exact is known to give, in English, Dutch, German and French, and what each one means.

English and Dutch texts were seen in practice; German and French ones are their regular translations. `subjects` are
the things a text names ("Verplicht: Betalingsconditie"), `sentences` and `delivery` are whole texts, `parts` is what
they are made of.
"""
