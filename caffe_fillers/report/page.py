"""Render content as one HTML page: it fetches nothing, and runs its own scripts alone."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import TYPE_CHECKING

from caffe_fillers.errors import MissingExtraError
from caffe_fillers.report.charts import chart_data
from caffe_fillers.report.content import Content
from caffe_fillers.report.tables import columns, pieces

if TYPE_CHECKING:
    import jinja2

_PACKAGES = {
    "jinja2": "jinja2",
    "vl_convert": "vl-convert-python",
    "pygraphviz": "pygraphviz",
    "PIL": "pillow",
}
_SCRIPTS = ("theme.js", "rows.js", "charts.js", "table.js", "graph.js", "dialogs.js")


def require_packages() -> None:
    """Check before any work that the extra is installed."""
    for module, package in _PACKAGES.items():
        try:
            import_module(module)
        except ImportError:
            raise MissingExtraError(package, "report") from None


def render(content: Content, vega: str) -> str:
    """Return the page as text, with the script of `vega_bundle`: the same content gives the same bytes."""
    import markupsafe

    environment = _environment()
    charts = chart_data(content)
    style = _read("page.css")
    scripts = [vega, *map(_read, _SCRIPTS)]
    return environment.get_template("page.html.jinja").render(
        page=content,
        charts=charts,
        columns=[(each.name, each.key is not None) for each in columns(content)],
        data=markupsafe.Markup(embedded({**charts, **pieces(content, environment)})),
        style=markupsafe.Markup(style),
        scripts=[markupsafe.Markup(script) for script in scripts],
        policy=_policy(style, scripts),
    )


@cache
def _environment() -> jinja2.Environment:
    """Return the templates, which are compiled once in a process, which takes longer than a page."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("caffe_fillers.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": number, "count": count}
    return environment


def embedded(data: Mapping[str, object]) -> str:
    r"""Write JSON that ends no element of HTML and begins no comment in it.

    >>> embedded({"html": "<p></p></script><!-- -->"})
    '{"html":"<p>\\u003c/p>\\u003c/script>\\u003c!-- -->"}'
    """
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.replace("</", "\\u003c/").replace("<!", "\\u003c!")


def number(value: float | None, digits: int = 4) -> str:
    """Format a figure for a table; an empty text for None.

    >>> number(0.123456), number(None), number(-1e-9)
    ('0.1235', '', '-1e-09')
    """
    return "" if value is None else f"{value:.{digits}g}"


def count(value: int | None) -> str:
    """Format a whole number with its thousands apart."""
    return "" if value is None else f"{value:,}"


def _policy(style: str, scripts: list[str]) -> str:
    """Return a Content-Security-Policy by which only these scripts run, and no network is used."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {' '.join(map(_digest, scripts))}",
            f"style-src {_digest(style)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _read(name: str) -> str:
    return (files(__package__) / "templates" / name).read_text("utf-8")


@cache
def vega_bundle() -> str:
    """Return Vega, Vega-Lite and Vega-Embed as one script that ends no element of HTML; it takes seconds."""
    import vl_convert

    return (
        str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"))
        .replace("</script", "<\\/script")
        .replace("<!--", "<\\!--")
    )
