"""The start page: what this is, who can log on, and where things are."""

from __future__ import annotations

from markupsafe import Markup

from exact_sandbox.html import page, table
from exact_sandbox.sandbox import Sandbox
from exact_sandbox.users import all_users


def home_page(sandbox: Sandbox) -> str:
    """Return the start page."""
    divisions = sandbox.database.records("divisions", order='"Code"')
    entries = {
        row[0]: row[1]
        for row in sandbox.database.execute(
            'SELECT "Division", count(*) FROM salesentries GROUP BY "Division"'
        )
    }
    content = Markup("""<h1>Exact Online sandbox</h1>
<p>A stand-in for Exact Online. Point a client at this address instead of
<code>https://start.exactonline.nl</code>; everything it books stays here.</p>
<section class="card"><h2>Divisions</h2>{divisions}
<p><a href="/bank-desk">To the bank desk</a>: register payments on invoices.</p></section>
<section class="card"><h2>Users</h2><p>The password of each is <code>sandbox</code>.</p>{users}</section>
<section class="card"><h2>The registered application</h2>
<p>client_id <code>{client_id}</code>, client_secret <code>{secret}</code></p></section>
<section class="card"><h2>For programs and the curious</h2><ul>
<li><a href="/_sandbox/log">Request log</a> (<code>?since=SEQ</code>; DELETE empties it)</li>
<li><a href="/_sandbox/switches">Switches</a>: facts about Exact that are unsure (PATCH)</li>
<li><a href="/_sandbox/faults">Faults</a>: misbehavior on demand (POST, DELETE)</li>
<li><a href="/_sandbox/clock">Clock</a> (POST <code>{{"advance_seconds": 600}}</code>)</li>
<li><a href="/_sandbox/users">Users</a> (PATCH)</li>
</ul></section>""").format(
        divisions=table(
            ["Code", "Name", "Country", "State", "Sales entries"],
            [
                [
                    row["Code"],
                    row["Description"],
                    row["Country"],
                    "archived" if row["Status"] == 2 else "active",
                    entries.get(row["Code"], 0),
                ]
                for row in divisions
            ],
            numbers=frozenset({4}),
        ),
        users=table(
            ["E-mail address", "Name", "Language", "Rights", "Divisions"],
            [
                [
                    user.username,
                    user.full_name,
                    user.language,
                    "read and write" if user.may_write else "read only",
                    ", ".join(map(str, user.divisions)),
                ]
                for user in all_users(sandbox.database)
            ],
        ),
        client_id=sandbox.options.client_id,
        secret=sandbox.options.client_secret,
    )
    return page("Start", content)
