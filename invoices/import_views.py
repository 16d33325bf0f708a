"""The pages on which a person uploads a file of invoices and reads the report on it."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from connector.languages import in_english
from connector.tenancy.access import TenantRequest, finance_required, member_required
from integrations.psa.csv_file.columns import ALL, ONE_OF, REQUIRED
from integrations.psa.csv_file.numbers import DecimalMark
from integrations.psa.csv_file.read import FileRefused
from invoices.downloads import download
from invoices.forms import ImportForm
from invoices.imports import AlreadyImported, example_csv, import_file, report_as_csv
from invoices.models import ImportRun

RUNS_SHOWN = 20
_CSV = "text/csv; charset=utf-8"


@require_http_methods(["GET", "HEAD", "POST"])
@finance_required
def invoice_import(request: TenantRequest) -> HttpResponse:
    """This function will import the uploaded file and go to its report, or say at the field what is wrong with it."""
    form = ImportForm(request.POST or None, request.FILES or None)
    earlier: ImportRun | None = None
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        mark = values["decimal_mark"]
        try:
            run = import_file(
                file_name=values["file"].name,
                data=values["file"].read(),
                subsidiary=values.get("subsidiary") or values["subsidiary_name"],
                decimal_mark=DecimalMark(mark) if mark else None,
                create_service_types=values["create_service_types"],
                again=values["again"],
                user=request.user,
                now=timezone.now(),
            )
        except AlreadyImported as blocked:
            earlier = blocked.run
        except FileRefused as problem:
            form.add_error("file", str(problem))
        else:
            return redirect("import_run", run.pk)
    context = {
        "form": form,
        "earlier": earlier,
        "runs": ImportRun.objects.select_related("uploaded_by")[:RUNS_SHOWN],
        "columns": [(name, name in REQUIRED or name in ONE_OF) for name in ALL],
    }
    return render(
        request, "invoices/import.html", context, status=422 if earlier or form.errors else 200
    )


@require_safe
@member_required
def import_run(request: TenantRequest, run_id: int) -> HttpResponse:
    """This function will show the report on an import, by row and column."""
    run = get_object_or_404(ImportRun.objects.select_related("uploaded_by"), pk=run_id)
    conflicts = run.conflicts.filter(resolution="").select_related("invoice__client")
    return render(request, "invoices/import_run.html", {"run": run, "conflicts": conflicts})


@require_safe
@member_required
@in_english
def import_run_csv(request: TenantRequest, run_id: int) -> HttpResponse:
    """This function will give the report as a file for a spreadsheet."""
    run = get_object_or_404(ImportRun.objects.all(), pk=run_id)
    return download(report_as_csv(run), f"report {run.file_name}", _CSV)


@require_safe
@member_required
@in_english
def import_example(request: TenantRequest) -> HttpResponse:
    """This function will give a small file that can be imported as it is."""
    return download(example_csv(), "invoices-example.csv", _CSV)
