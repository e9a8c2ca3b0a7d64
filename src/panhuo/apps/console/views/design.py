"""The living page of the design system: every component with made-up figures, in the reader's language."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from panhuo.apps.console.access import SIGNED_IN, needs
from panhuo.apps.console.notices import notice_add, notice_with
from panhuo.apps.console.views import design_figures as figures
from panhuo.kernel.words import Words


@needs(SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def design(request: HttpRequest) -> HttpResponse:
    """All components on one page. What is sent to it changes nothing and is thanked for."""
    if request.method == "POST":
        thanks = Words("收到；示例页不保存任何内容", "Received; this page keeps nothing")
        if request.headers.get("HX-Request"):
            return notice_with(HttpResponse(status=204), request, thanks)
        notice_add(request, thanks)
        return redirect("/design")
    sort = request.GET.get("sort", "-balance_fen")
    shown = figures.accounts(sort, product=request.GET.get("product", ""), after=request.GET.get("after"), before=request.GET.get("before"))
    context = {
        "accounts": shown,
        "nobody": figures.nobody(),
        "states": figures.STATES,
        "steps": figures.STEPS,
        "form": figures.SampleForm({"name": "", "share": "130", "limit": "1200"}),
        "clean_form": figures.SampleForm(prefix="clean"),
        "recovery": figures.recovery(),
        "ageing": figures.ageing(),
        "routes": figures.routes(),
        "heat": figures.heat(),
        "products": figures.PRODUCTS,
        "swatches": figures.SWATCHES,
        "icons": figures.ICONS,
        "empty_tapes": figures.EMPTY,
    }
    return render(request, "console/design.html", context)


@needs(SIGNED_IN)
@require_safe
def drawer(request: HttpRequest) -> HttpResponse:
    """What the drawer of the example shows."""
    return render(request, "console/design_drawer.html", {"account": figures.one(request.GET.get("id", ""))})


@needs(SIGNED_IN)
@require_safe
def progress(request: HttpRequest) -> HttpResponse:
    """A job that moves on each time it is asked about."""
    done = min(100, int("".join(filter(str.isdigit, request.GET.get("done", "0")))[:3] or 0) + 7)
    return render(request, "console/design_progress.html", {"share": done / 100, "url": f"/design/progress?done={done}" if done < 100 else ""})
