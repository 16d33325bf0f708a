from django.urls import path
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from connector.urls import urlpatterns as base
from connector.tenancy.access import member_required
from invoices.copy_queries import read_panel
from invoices.models import Invoice

@member_required
def page(request, invoice_id):
    from django.template import engines
    i = Invoice.objects.select_related("client","subsidiary").get(pk=invoice_id)
    t = engines["django"].from_string('{% extends "base.html" %}{% block content %}<h1>Invoice {{ panel.invoice }}</h1>{% include "invoices/_copy_panel.html" %}{% endblock %}')
    return HttpResponse(t.render({"panel": read_panel(invoice=i, organization=request.organization, now=timezone.now()), "membership": request.membership}, request))
urlpatterns = [path("invoices/<int:invoice_id>/", page, name="invoice"), *base]
