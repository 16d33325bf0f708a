"""Webhooks of Exact: it tells that something changed in a division, and the next reading of it comes sooner.

Polling stays the truth. A webhook holds no data but the id of what changed; nothing is taken from it, and one that is
lost, late, doubled or out of order changes only when something is read.

    address       whether webhooks are on, and where Exact sends them
    topics        what is subscribed to, and which reading each topic brings forward
    signature     the raw bytes: split and proven
    messages      what a proven webhook says
    receiving     one webhook: proven, matched with who listens, noted
    nudges        the lane's work that brings a reading forward
    subscribing   the lane's work that keeps the subscriptions in Exact
"""
