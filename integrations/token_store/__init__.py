"""Keeps the tokens of each consent and trades them in time: one worker at a time, stored before they are used.

Exact's refresh tokens work once and a refresh is refused before the access token is 570 seconds old
(https://support.exactonline.com/community/s/knowledge-base#All-All-DNO-Content-oauth-eol-oauth-devstep4), so the
row of the consent stays locked from reading the old token until the new one is stored (RELIABILITY C1 to C4).

`asking` gives out tokens, `stored` says whether the one in the row still counts, `refreshing` trades it under the lock,
`refusals` says what each refusal means, `rescue` keeps a token whose commit failed, `consents` begins and ends
consents, `other_app` leaves alone what Exact gave to
another app than ours, `calls` counts calls across organizations, `events` writes down what happened, `vault` touches ciphertexts.
"""

from __future__ import annotations

from integrations.token_store.asking import access_token, waits_until
from integrations.token_store.calls import Urgency, busiest, warning
from integrations.token_store.consents import mark_needs_consent, note_rejected, store_tokens
from integrations.token_store.other_app import (
    ask_for_log_ins,
    count_of_another_app,
    is_another_app,
)
from integrations.token_store.problems import NeedsConsent, TokenLater
from integrations.token_store.registration import app, base_url
from integrations.token_store.tidying import tidy
from integrations.token_store.vault import forget_tokens, forget_unused

__all__ = [
    "NeedsConsent",
    "TokenLater",
    "Urgency",
    "access_token",
    "app",
    "ask_for_log_ins",
    "base_url",
    "busiest",
    "count_of_another_app",
    "forget_tokens",
    "forget_unused",
    "is_another_app",
    "mark_needs_consent",
    "note_rejected",
    "store_tokens",
    "tidy",
    "waits_until",
    "warning",
]
