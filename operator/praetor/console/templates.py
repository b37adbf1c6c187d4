"""The pages' templates: escaped by default."""

from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from praetor.console import views
from praetor.reports.escape import one_line
from praetor.reports.format import number

_TEMPLATES = Environment(
    loader=PackageLoader("praetor.console"),
    autoescape=select_autoescape(default=True, default_for_string=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters["plain"] = one_line
_TEMPLATES.filters["moment"] = views.moment
_TEMPLATES.filters["number"] = number


def rendered(template: str, **context: Any) -> str:
    return _TEMPLATES.get_template(template).render(now=views.now(), **context)


def page(template: str, **context: Any) -> HTMLResponse:
    return HTMLResponse(rendered(template, **context))
