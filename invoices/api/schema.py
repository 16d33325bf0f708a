"""The API's own description (OpenAPI 3.1), made from the models that read and write its bodies."""

from __future__ import annotations

from typing import Any

from drf_spectacular.drainage import set_override
from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiParameter
from pydantic import BaseModel, ConfigDict, Field

from integrations.psa.rest_push.translate import MAX_BATCH
from integrations.psa.source import SourceInvoice


class Answer(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(frozen=True)


class BatchBody(BaseModel):
    """Up to 500 invoices; each is read for itself (`translate_batch`), this model only describes the body."""

    model_config = ConfigDict(extra="forbid")

    invoices: list[SourceInvoice] = Field(min_length=1, max_length=MAX_BATCH)


OWN_ID = OpenApiParameter(
    "source_id", str, OpenApiParameter.PATH, description="Your own id. It may hold a slash."
)


class PydanticSchema(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]  # drf-spectacular is half typed
    """Describes a pydantic model; drf-spectacular's own extension takes every field with a default for required."""

    target_class = "pydantic.BaseModel"
    match_subclasses = True
    priority = 1

    def get_name(self, auto_schema: AutoSchema, direction: str) -> str:
        """This function will name the component after the class."""
        # The same model arrives as a class and, from another model's parts, as its name.
        set_override(self.target, "suppress_collision_warning", True)
        return str(self.target.__name__)

    def map_serializer(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:
        """This function will return the model's schema and register those of its parts."""
        # What is only ever answered names every field; a body that is also sent is described as it may be sent.
        mode = "serialization" if issubclass(self.target, Answer) else "validation"
        schema: dict[str, Any] = self.target.model_json_schema(
            ref_template="#/components/schemas/{model}", mode=mode
        )
        for name, part in schema.pop("$defs", {}).items():
            component = ResolvedComponent(  # type: ignore[no-untyped-call]  # the same
                name=name, type=ResolvedComponent.SCHEMA, object=name, schema=part
            )
            auto_schema.registry.register_on_missing(component)
        return schema


class ApiKeySchema(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # the same
    """Describes how a request carries its key."""

    target_class = "connector.tenancy.api_keys.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        """This function will return the scheme: a bearer key."""
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A key of the organization, made under Settings > API keys.",
        }
