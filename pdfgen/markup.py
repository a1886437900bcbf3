"""Jinja2 for Typst: what a template says becomes source, what a person typed never does.

Every `{{ value }}` is put aside and a reference to it is written in its place, `#slot.at(17);`. The
values travel beside the source as data. Three things keep it so when a template is written
carelessly: filters are ours only (Jinja2's `safe`, `escape`, … make source out of values),
text has no methods, and neither `~` nor `+` joins source with values.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
from jinja2 import meta, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from pdfgen import pictures
from pdfgen.charset import describe, hidden
from pdfgen.errors import CharacterMissing, TemplateFault, TemplateUnknown, ValueMissing

SUFFIX = ".typ.j2"
SHANGHAI = ZoneInfo("Asia/Shanghai")
#: the values of the document that is being written
_slots: ContextVar[list[str]] = ContextVar("slots")


def day(value: object) -> str:
    """Return a date, or the ISO text of one, as it stands on paper; other text as it is.

    >>> day("2026-11-02"), day(dt.date(2026, 11, 2)), day("长期")
    ('2026年11月2日', '2026年11月2日', '长期')
    """
    if isinstance(value, str):
        try:
            value = dt.date.fromisoformat(value)
        except ValueError:
            return str(value)
    if isinstance(value, dt.datetime):
        value = value.astimezone(SHANGHAI).date()
    return (
        f"{value.year}年{value.month}月{value.day}日" if isinstance(value, dt.date) else str(value)
    )


def month(value: object) -> str:
    """Return a date as year and month (出生年月), other text as it is.

    >>> month("1990-03-18")
    '1990年3月'
    """
    return day(value).partition("月")[0] + "月" if "月" in day(value) else day(value)


def _text(value: object) -> str:
    """Return a value as printed."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, dt.date):
        return day(value)
    return str(value)


def _reference(value: object) -> str:
    """Put `value` aside and return the Typst expression that stands for it."""
    text = _text(value)
    for character in hidden(text):
        raise CharacterMissing(character="", code_point=describe(character))
    slots = _slots.get()
    slots.append(text)
    return f"slot.at({len(slots) - 1})"


@jinja2.pass_context  # asking for the context also stops Jinja2 from computing constants only once
def _finalize(_context: Context, value: object) -> Markup:
    """Write a reference where a template prints a value; the `;` ends it before a bracket."""
    return value if isinstance(value, Markup) else Markup(f"#{_reference(value)};")  # noqa: S704


def _argument(shape: Callable[[Any], str]) -> Callable[..., Markup]:
    """Return a filter for places where Typst is code: the value, shaped, as a string expression."""

    @jinja2.pass_context
    def filter_(_context: Context, value: Any) -> Markup:
        return Markup(_reference(shape(value)))  # noqa: S704

    return filter_


class _Generator(CodeGenerator):
    """Jinja2's compiler but for `~`, which joins text and never source."""

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802 (Jinja2's)
        """Join as if nothing were escaped: what a macro made becomes text again."""
        autoescape, frame.eval_ctx.autoescape = frame.eval_ctx.autoescape, False
        volatile, frame.eval_ctx.volatile = frame.eval_ctx.volatile, False
        super().visit_Concat(node, frame)
        frame.eval_ctx.autoescape, frame.eval_ctx.volatile = autoescape, volatile


class _Environment(ImmutableSandboxedEnvironment):
    """Templates may choose, repeat and print; they cannot compute source or reach into Python."""

    code_generator_class = _Generator
    intercepted_binops = frozenset(["+", "*", "%"])

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Refuse arithmetic on source."""
        if isinstance(left, Markup) or isinstance(right, Markup):
            raise SecurityError(f"{operator} on the result of a macro or block")
        return super().call_binop(context, operator, left, right)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Refuse methods of text: `format`, `join` and others would make source of it."""
        return not isinstance(obj, str) and super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> None:
        """Let `format` be a method of text like the others, and refused."""


def _environment(sources: Mapping[str, str]) -> _Environment:
    """Return the environment of one set of templates."""
    environment = _Environment(
        loader=jinja2.DictLoader(sources),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        cache_size=len(sources) + 1,
    )
    environment.globals.clear()
    environment.tests = {key: environment.tests[key] for key in ("defined", "none", "string")}
    environment.filters = {
        "code": _argument(_text),
        "day": day,
        "month": month,
        "length": len,
        "picture": _argument(lambda value: pictures.picture_svg(bytes(value))),
        "qr": _argument(pictures.qr_svg),
    }
    return environment


def _with(name: str, used: Mapping[str, set[str]]) -> set[str]:
    """Return a template and all that it extends or includes."""
    found, ahead = set(), [name]
    while ahead:
        one = ahead.pop()
        if one not in found:
            found.add(one)
            ahead += used.get(one, ())
    return found


class Source:
    """The templates of one version, ready to be filled."""

    def __init__(self, templates: Mapping[str, str]) -> None:
        self._templates = templates
        self._environment = _environment(templates)

    def names(self) -> dict[str, set[str]]:
        """Return the documents with the keys that they ask for; no layouts and no components.

        A layout is what another template extends or includes. TemplateFault at bad syntax.
        """
        used: dict[str, set[str]] = {}
        keys: dict[str, set[str]] = {}
        for name, text in self._templates.items():
            try:
                tree = self._environment.parse(text)
                used[name] = {str(other) for other in meta.find_referenced_templates(tree)}
                keys[name] = meta.find_undeclared_variables(tree)
            except jinja2.TemplateSyntaxError as error:
                detail = f"第 {error.lineno} 行：{error.message}"
                raise TemplateFault(template=name, detail=detail) from error
        documents = set(used) - set().union(*used.values())
        return {
            name.removesuffix(SUFFIX): set().union(
                *(keys.get(one, ()) for one in _with(name, used))
            )
            for name in sorted(documents)
            if name.endswith(SUFFIX)
        }

    def fill(self, template: str, data: Mapping[str, object]) -> tuple[str, list[str]]:
        """Return Typst source and the values it refers to.

        TemplateUnknown, TemplateFault, ValueMissing (a key that the template prints is not in
        `data`) and CharacterMissing (a value holds a control or direction character).
        """
        token = _slots.set([])
        try:
            source = self._environment.get_template(template + SUFFIX).render(data)
            return source, _slots.get()
        except jinja2.UndefinedError as error:
            raise ValueMissing(template=template, detail=error.message) from error
        except jinja2.TemplateNotFound as error:
            raise TemplateUnknown(template=error.message) from error
        except jinja2.TemplateError as error:
            line = getattr(error, "lineno", None)
            detail = f"第 {line} 行：{error.message}" if line else error.message
            raise TemplateFault(template=template, detail=detail) from error
        except (TypeError, ArithmeticError) as error:  # such as a loop over a value that is none
            raise TemplateFault(template=template, detail=str(error)) from error
        finally:
            _slots.reset(token)
