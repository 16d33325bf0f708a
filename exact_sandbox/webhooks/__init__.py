"""Webhooks: who subscribed, what happened, and the signed calls that tell of it.

https://support.exactonline.com/community/s/knowledge-base#All-All-DNO-Content-webhooksc

Triggers note what changed in the records of a topic (`topics`); as a transaction is kept the notes
become deliveries (`events`, `messages`), which a thread sends (`worker`, `sending`) from a queue in
the store (`queue`), so that several processes share it and a restart forgets nothing.
"""
