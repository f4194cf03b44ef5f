"""Templates compiled our way say what Jinja's own would: same text, same escaping, same refusals."""

from __future__ import annotations

import jinja2
import pytest
from flask import Flask
from markupsafe import Markup

from portal.web import templating

NASTY = '<b onclick="x">&\'</b>'
MACROS = """
{% macro box(title, tone="plain", more=[]) %}
<p class="{{ tone }}">{{ title }}{% for each in more %}{{ each }}{% endfor %}</p>
{% endmacro %}
{% macro around(title) %}<div title="{{ title }}">{{ caller() }}</div>{% endmacro %}
{% macro maybe(title) %}{{ title }}{% if caller is defined %}[{{ caller() }}]{% endif %}{% endmacro %}
"""
PAGES = {
    "positions and names": '{{ m.box(nasty, tone="a&b") }}{{ m.box(title=nasty) }}{{ m.box(1, 2, [nasty, safe]) }}',
    "called around": "{% call m.around(nasty) %}{{ nasty }}{{ m.box(nasty) }}{% endcall %}",
    "a caller or none": "{{ m.maybe(1) }}{% call m.maybe(none) %}{{ nasty }}{% endcall %}",
    "captured": "{% set kept %}{{ nasty }}{{ m.box(nasty) }}{% endset %}{{ kept }}{{ kept ~ nasty }}",
    "loops and locals": "{% for n in range(3) %}{{ loop.index }}{{ m.box(n) }}{{ local(n) }}{% endfor %}",
    "named arguments as a whole": '{{ m.box(**{"title": nasty}) }}{{ dict(a=1, **{"b": nasty}) }}',
    "methods and filters": '{{ nasty.upper() }}{{ "%s"|format(nasty) }}{{ mapping|xmlattr }}{{ mapping.get(1) }}',
    "asking for the context": "{% set seen = 1 %}{{ context_of('seen') }}{{ escaping() }}",
    "own macro": "{% macro own(x) %}{{ x }}{{ varargs }}{% endmacro %}{{ own(nasty, 2) }}",
    "escaping at times": "{% autoescape false %}{{ safe }}{{ 1 ~ m.box(nasty) }}{% endautoescape %}{{ nasty }}",
    "escaping by a variable": "{% autoescape escaping() %}{{ nasty }}{{ m.box(nasty) }}{% endautoescape %}",
    "what is nothing": "{{ none }}{{ false }}{{ 1.5 }}{{ safe }}",
}


@jinja2.pass_context
def context_of(context: jinja2.runtime.Context, name: str) -> object:
    return context.resolve(name)


@jinja2.pass_eval_context
def escaping(context: jinja2.nodes.EvalContext) -> bool:
    return context.autoescape


def environment(kind: type[jinja2.Environment], **pages: str) -> jinja2.Environment:
    made = kind(Flask(__name__)) if kind is templating.Environment else kind()
    made.loader = jinja2.DictLoader({"macros.html": MACROS} | pages)
    made.autoescape = True
    made.undefined = jinja2.StrictUndefined
    made.globals.update(context_of=context_of, escaping=escaping, nasty=NASTY, safe=Markup("<i>"), mapping={"k": NASTY})
    return made


def drawn(kind: type[jinja2.Environment], page: str) -> str:
    made = environment(kind, page='{% import "macros.html" as m %}' + page)
    return made.get_template("page").render(local=lambda n: f"<{n}>")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_reads_as_jinja_alone_would_draw_it(name: str) -> None:
    ours = drawn(templating.Environment, PAGES[name])
    assert ours == drawn(jinja2.Environment, PAGES[name])
    assert "<b onclick" not in ours


@pytest.mark.parametrize("call", ["m.box(1, 2, 3, 4)", "m.box(1, colour=2)", "m.around()", "m.box(1, title=2)"])
def test_a_call_that_does_not_fit_is_refused(call: str) -> None:
    for kind in (templating.Environment, jinja2.Environment):
        with pytest.raises((TypeError, jinja2.UndefinedError)):
            drawn(kind, "{{ " + call + " }}")


def test_a_macro_that_is_not_there_is_an_error() -> None:
    with pytest.raises((AttributeError, jinja2.UndefinedError)):
        drawn(templating.Environment, "{{ m.bx(1) }}")


def test_the_portal_draws_this_way(app: Flask) -> None:
    assert isinstance(app.jinja_env, templating.Environment)
