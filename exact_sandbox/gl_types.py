"""The types of a ledger account, by Exact's number.

https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=FinancialGLAccounts
"""

from __future__ import annotations

RECEIVABLE, PAYABLE, VAT = 20, 22, 24
GL_TYPES: dict[int, str] = {
    10: "Cash",
    12: "Bank",
    14: "Credit card",
    16: "Payment services",
    RECEIVABLE: "Accounts receivable",
    21: "Prepayment accounts receivable",
    PAYABLE: "Accounts payable",
    VAT: "VAT",
    25: "Employees payable",
    26: "Prepaid expenses",
    27: "Accrued expenses",
    29: "Income taxes payable",
    30: "Fixed assets",
    32: "Other assets",
    35: "Accumulated depreciation",
    40: "Inventory",
    50: "Capital stock",
    52: "Retained earnings",
    55: "Long term debt",
    60: "Current portion of debt",
    90: "General",
    100: "Tax payable",
    110: "Revenue",
    111: "Cost of goods",
    120: "Other costs",
    121: "Sales, general administrative expenses",
    122: "Depreciation costs",
    123: "Research and development",
    125: "Employee costs",
    126: "Employment costs",
    130: "Exceptional costs",
    140: "Exceptional income",
    150: "Income taxes",
    160: "Interest income",
    300: "Year end reflection",
    301: "Indirect year end costing",
    302: "Direct year end costing",
}


def balance_type(gl_type: int) -> str:
    """Return W for a type of profit and loss, B for one of the balance sheet."""
    return "W" if 110 <= gl_type < 300 else "B"
