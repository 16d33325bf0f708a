"""What all views of the REST API share: JSON with exact amounts, a size limit, an API key, and errors in one shape."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import IO, Any, ClassVar, NoReturn

from django.conf import settings
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from connector.tenancy.models import ApiKey
from integrations.psa.source import Problem


class TooLarge(APIException):
    """The body is larger than what one request may carry."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"The body is larger than {limit // 2**20} MB. Send the invoices in smaller batches."
        )


class JsonParser(BaseParser):
    """Reads JSON without rounding amounts: numbers with a point become decimals."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """This function will return the body, or raise TooLarge or ParseError."""
        limit: int = (parser_context or {})["view"].max_body_size
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise TooLarge(limit)
        try:
            return json.loads(
                body.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_refuse_constant
            )
        except UnicodeDecodeError:
            raise ParseError("The body is not UTF-8. Send JSON in UTF-8.") from None
        except RecursionError:
            raise ParseError("The JSON is nested too deeply.") from None
        except ValueError as error:
            raise ParseError(f"The body is not valid JSON: {error}.") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number of JSON")


class HasApiKey(BasePermission):
    """Lets in who carries a live API key."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """This function will tell whether the request was authenticated by a key."""
        return isinstance(request.auth, ApiKey)


class ApiView(APIView):
    """A view of the REST API. It runs inside the organization's transaction, opened by TenantMiddleware."""

    parser_classes = [JsonParser]
    permission_classes = [HasApiKey]
    # In bytes. Views that take in files allow more.
    max_body_size: ClassVar[int] = settings.DATA_UPLOAD_MAX_MEMORY_SIZE

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """This function will refuse an oversized body by its declared length, before reading it."""
        super().initial(request, *args, **kwargs)
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) > self.max_body_size:
            raise TooLarge(self.max_body_size)


def refusal(problems: Iterable[Problem], *, conflict: bool = False) -> Response:
    """This function will answer with everything that is wrong: 422, or 409 for a conflict with what is stored."""
    fields = as_fields(problems)
    sentences = [sentence for listed in fields.values() for sentence in listed]
    message = (
        sentences[0]
        if len(sentences) == 1
        else "Some fields are not right; each is named with what to change."
    )
    return Response(
        {
            "error": {
                "code": "conflict" if conflict else "invalid",
                "message": message,
                "fields": fields,
            }
        },
        status=status.HTTP_409_CONFLICT if conflict else status.HTTP_422_UNPROCESSABLE_ENTITY,
    )


def as_fields(problems: Iterable[Problem]) -> dict[str, list[str]]:
    """This function will group sentences by the path of their field."""
    fields = defaultdict[str, list[str]](list)
    for problem in problems:
        fields[problem.field].append(problem.sentence)
    return dict(fields)
