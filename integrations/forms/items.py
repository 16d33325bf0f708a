"""The second screen of the setup window on the route on which Exact writes the invoice."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _, gettext_lazy

from integrations.connection_mappings import ItemMappings, Mappings
from integrations.forms.choices import usual_vat_choice
from integrations.forms.item_fields import CODE_LENGTH, ItemFields
from integrations.forms.mapping import VAT_OF_TYPE, MappingForm, given
from integrations.mappings.facts import USUAL_VAT_CODE
from integrations.models import ExactConnection, ServiceType, ServiceTypeItem

ITEM_OF_TYPE = "item_of_type_"


class ItemMappingForm(MappingForm):
    """What Exact sells: an item for everything, and one for each service type; each by the code it has in Exact."""

    default_item = forms.CharField(
        label=gettext_lazy("Default item"),
        max_length=CODE_LENGTH,
        error_messages={"required": gettext_lazy("Choose the item that lines are sold as.")},
    )

    def empty_vat_code(self) -> str:
        """This function will say what no default VAT code comes to."""
        return usual_vat_choice(self.vat_codes)

    def __init__(self, *args: Any, connection: ExactConnection, **options: Any) -> None:
        super().__init__(*args, connection=connection, **options)
        self.items = ItemFields(self, connection)
        self.items.fill("default_item", connection.default_item_exact_id)
        saved = dict(
            ServiceTypeItem.objects.filter(connection=connection).values_list(
                "service_type_id", "item_exact_id"
            )
        )
        for row in self.service_types:
            name = f"{ITEM_OF_TYPE}{row.pk}"
            self.fields[name] = forms.CharField(
                label=_("Item of %(name)s") % {"name": row.name},
                max_length=CODE_LENGTH,
                required=False,
            )
            self.items.fill(name, saved.get(row.pk))
        self.fields["default_vat_code"].help_text = _(
            "For lines whose tax rate and service type have none. Left empty, VAT code %(code)s is used, which is Exact's usual one."
        ) % {"code": USUAL_VAT_CODE}

    @property
    def service_type_rows(
        self,
    ) -> list[tuple[ServiceType, forms.BoundField, forms.BoundField, int]]:
        """The rows of the item table: service type, item, VAT code, and how many open invoices have it."""
        return [
            (row, self[f"{ITEM_OF_TYPE}{row.pk}"], self[f"{VAT_OF_TYPE}{row.pk}"], self.count(row))
            for row in self.service_types
        ]

    def clean(self) -> dict[str, Any]:
        """This function will refuse items that are unknown or not for sale, and a missing VAT code (H-11, H-15)."""
        values = super().clean()
        self.items.clean(values, today=self.today)
        usable = {row.code for row in self.vat_codes}
        if values.get("default_vat_code") == "" and USUAL_VAT_CODE not in usable:
            self.add_error(
                "default_vat_code",
                _(
                    "Left empty, VAT code %(code)s is used, and this division does not have it for sales. Choose one, or no invoice can be made."
                )
                % {"code": USUAL_VAT_CODE},
            )
        return values

    def to_mappings(self) -> Mappings:
        """This function will return what was chosen; call it when the form is valid."""
        values = self.cleaned_data
        by_type = given(values, ITEM_OF_TYPE, self.type_ids)
        return (
            super()
            .to_mappings()
            .with_(
                items=ItemMappings(
                    default_exact_id=values["default_item"].exact_id,
                    by_service_type={pk: item.exact_id for pk, item in by_type.items()},
                )
            )
        )
