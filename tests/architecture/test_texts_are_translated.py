"""Every text that people read is marked as translatable (tests/architecture/untranslated.py finds those that are not)."""

from __future__ import annotations

import pytest

from connector.catalogs import files
from tests.architecture import untranslated

# Read by operators, developers and programs: metrics, logs, settings, the REST API and its description.
ENGLISH = (
    "connector/api_errors.py",
    "connector/check_heartbeat.py",
    "connector/database_guard.py",
    "connector/encryption.py",
    "connector/env.py",
    "connector/health.py",
    "connector/http.py",
    "connector/log_redaction.py",
    "connector/metrics.py",
    "connector/money.py",
    "connector/public_addresses.py",
    "connector/settings.py",
    "connector/tallies.py",
    "connector/tenancy/api_keys.py",
    "connector/tenancy/scope.py",
    "connector/tenancy/totals.py",
    "integrations/figures.py",
    "integrations/lanes/turn.py",
    "integrations/psa/rest_push/",
    "integrations/sessions.py",
    # The library of Exact, without Django; its explanations are found and said by integrations/explained.py.
    "integrations/exact/",
    "invoices/api/",
    "invoices/figures.py",
    "payments/figures.py",
    "payments/psa_reports/answers.py",
    "payments/psa_reports/api.py",
    "payments/psa_reports/describing.py",
    "payments/psa_reports/figures.py",
    "templates/api/",
)


def find_unmarked() -> dict[str, list[str]]:
    """The texts without a mark, by the file that has them."""
    found = {}
    for path in files.sources():
        name = path.relative_to(files.ROOT).as_posix()
        look = untranslated.in_python if path.suffix == ".py" else untranslated.in_template
        if not name.startswith(ENGLISH) and (texts := look(path)):
            found[name] = texts
    return found


def test_every_text_for_people_is_marked_as_translatable():
    assert find_unmarked() == {}, "Mark these as CONTRIBUTING.md says."


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("<p>{% translate 'Paid' %} {{ n }} * 3</p>", []),
        ("<p>Paid {{ n }}</p>", ["Paid"]),
        ("{% blocktranslate %}Paid{% endblocktranslate %}<b aria-label='Close'>*</b>", ["Close"]),
        ("<input placeholder='{{ x }}' title='Your name' name='Name'>", ["Your name"]),
        ('{{ x|default:"Nobody" }}{{ y|default:_("None") }}', ["Nobody"]),
        ('{{ n|pluralize:"is,are" }}{{ at|date:"DATE_FORMAT" }}', ["is,are"]),
        ('{% include "a.html" with title="All of it" icon="x-mark" %}', ["All of it"]),
        ('{% include "a.html" with title=_("All of it") only %}', []),
        ("<code>GET {{ x }}</code> Exact Online <script>let a;</script>", []),
        ("{# Say it #}{% comment %}Not{% endcomment %}<img alt='' class='{% if a %}b{% endif %}'>", []),
    ],
)  # fmt: skip
def test_what_is_not_marked_in_a_template_is_found(tmp_path, template, found):
    page = tmp_path / "page.html"
    page.write_text(template)
    assert untranslated.in_template(page) == found


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ('"""Says what it is."""\nx = 1\n"""What x is."""', []),
        ('x = "It was paid."', ["It was paid."]),
        ('x = _("It was paid.")', []),
        ('note(sentence=f"Paid by {name}.")', ["Paid by \ue000."]),
        ('note(sentence=sentence("Paid by %(name)s.", name=name))', []),
        ('logger.warning("It was not paid.")', []),
        ('raise ValueError("It was not paid.")', []),
        ('raise Refused("It was not paid.")', ["It was not paid."]),
        ('forms.CharField(label="Name", help_text=_("Yours"))', ["Name"]),
        ('messages.success(request, f"{n} linked")', []),
        ('messages.success(request, "All linked")', ["All linked"]),
        ('class Kind(TextChoices):\n    PAID = "paid", "Paid"', ["Paid"]),
        ('class Kind(TextChoices):\n    PAID = "paid", _("Paid")', []),
    ],
)
def test_what_is_not_marked_in_python_is_found(tmp_path, code, found):
    module = tmp_path / "module.py"
    module.write_text(code)
    assert untranslated.in_python(module) == found
