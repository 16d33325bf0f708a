"""Journals, ledger accounts, VAT codes, payment conditions, currencies, cost centers."""

from __future__ import annotations

from exact_sandbox.expressions import everywhere_lookup, gl_account_columns, lookup, padded
from exact_sandbox.resources.resource import Navigation, Resource

RESOURCES: tuple[Resource, ...] = (
    Resource(
        "financial/Journals",
        "Financial.Journal",
        "journals",
        expressions={
            **gl_account_columns(),
            "GLAccountType": lookup("glaccounts", "Type", "GLAccount"),
            "CurrencyDescription": everywhere_lookup("currencies", "Description", "Currency"),
        },
    ),
    Resource(
        "financial/GLAccounts",
        "Financial.GLAccount",
        "glaccounts",
        expressions={
            "VATDescription": lookup("vatcodes", "Description", "VATCode", by="Code"),
            "VATCode": padded("VATCode"),
            "CostcenterDescription": lookup("costcenters", "Description", "Costcenter", by="Code"),
            "CostunitDescription": lookup("costunits", "Description", "Costunit", by="Code"),
        },
        navigations={"DeductibilityPercentages": Navigation()},
    ),
    Resource("financial/FinancialPeriods", "Financial.FinancialPeriod", "periods"),
    Resource(
        "vat/VATCodes",
        "VAT.VATCode",
        "vatcodes",
        expressions={
            "Code": padded("Code"),
            "GLToPayCode": lookup("glaccounts", "Code", "GLToPay"),
            "GLToPayDescription": lookup("glaccounts", "Description", "GLToPay"),
            "GLToClaimCode": lookup("glaccounts", "Code", "GLToClaim"),
            "GLToClaimDescription": lookup("glaccounts", "Description", "GLToClaim"),
        },
        navigations={"VATPercentages": Navigation("vat/VatPercentages", "VATCodeID")},
    ),
    Resource("vat/VatPercentages", "VAT.VatPercentage", "vatpercentages"),
    Resource("cashflow/PaymentConditions", "Cashflow.PaymentCondition", "paymentconditions"),
    Resource("general/Currencies", "General.Currency", "currencies", key="Code", everywhere=True),
    Resource(
        "financial/ExchangeRates",
        "Financial.ExchangeRate",
        "exchangerates",
        expressions={
            "SourceCurrencyDescription": everywhere_lookup(
                "currencies", "Description", "SourceCurrency"
            ),
            "TargetCurrencyDescription": everywhere_lookup(
                "currencies", "Description", "TargetCurrency"
            ),
        },
    ),
    Resource("hrm/Costcenters", "HRM.Costcenter", "costcenters"),
    Resource("hrm/Costunits", "HRM.Costunit", "costunits"),
)
