"""A version of a registration type: what it consists of, in sheets, texts, forms and papers."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from casework.published import contents
from casework.published.contents import Contents
from casework.terms import periods
from engine import definitions
from pdfgen.trial import rehearsal
from professions.forms import Field, Form
from professions.manifests import MatterOffer, RegistrationType
from professions.texts import help_texts
from refusals.refusal import NotFound
from registry.law.figures import SPECS
from registry.people import officers
from web.extensions import db, office
from web.forms import shown
from web.visitors import access, files

bp = Blueprint("studio_versions", __name__, url_prefix="/studio/versions/<version>")
MOST_OTHERS = 20  #: versions that one is held against, the newest first


def looked_at(version: str) -> Contents:
    """Give the version that a page shows. Raises: NotFound."""
    return contents.of(office(), db.session(), version)


@bp.get("")
@access.any_officer
def front(version: str) -> str:
    """List everything that a version has, and from whom it took over what."""
    found = looked_at(version)
    author = found.row.author.removeprefix("officer:")
    names = officers.names(db.session(), [author])
    return render_template(
        "studio/version.html",
        found=found,
        author=names.get(author, "系统"),
        sheet=_sheet(found.kind),
        others=[
            row
            for row in definitions.versions(db.session(), found.row.key)
            if row.hash != found.row.hash
        ][:MOST_OTHERS],
    )


@bp.get("/help/<matter>")
@access.any_officer
def help_text(version: str, matter: str) -> str:
    """Show a help text as applicants read it."""
    found = looked_at(version)
    offer = _matter(found, matter)
    if offer.help is None:
        raise NotFound
    text = periods.filled(office(), db.session(), version, found.kind.help(offer.help))
    return render_template("studio/help.html", found=found, help=help_texts.read(text))


@bp.get("/forms/<matter>")
@access.any_officer
def form(version: str, matter: str) -> str:
    """Show a form as applicants see it, under the circumstances that were chosen."""
    found = looked_at(version)
    offer = _matter(found, matter)
    if offer.form is None:
        raise NotFound
    read = found.kind.form(offer.form)
    steering = _steering(read)
    chosen = {field.name: _chosen(field) for field in steering}
    facts = periods.facts(office(), db.session(), version)
    return render_template(
        "studio/form.html",
        found=found,
        offer=offer,
        form=read,
        groups=shown.groups(read, chosen, facts=facts),
        steering=[(field.name, field.title, _choices(field)) for field in steering],
        chosen={name: _typed(value) for name, value in chosen.items()},
    )


@bp.get("/documents/<kind>/<name>.pdf")
@access.any_officer
def document(version: str, kind: str, name: str) -> Response:
    """Give a document with sample data, set in a process that may use little time and memory."""
    found = looked_at(version)
    paper = next(
        (paper for paper in found.papers if (paper.kind, paper.name) == (kind, name)), None
    )
    if paper is None:
        raise NotFound
    pdf = rehearsal.show(found.kind.files, (name, kind), fonts=office().fonts)
    tag = f"{version}-{kind}-{name}"
    return files.send(pdf, f"{paper.title}（样例）.pdf", "application/pdf", tag)


def _matter(found: Contents, code: str) -> MatterOffer:
    if not found.kind.offers(code):
        raise NotFound
    return found.kind.matter(code)


def _steering(read: Form) -> list[Field]:
    """Give the fields on whose values it depends what is asked for."""
    names = {name for field in read.fields_by_name() for name in field.show_if or ()}
    return [field for field in read.fields_by_name() if field.name in names]


def _choices(field: Field) -> list[tuple[str, str]]:
    return field.options or [("true", "是"), ("false", "否")]


def _chosen(field: Field) -> Any:
    """Read a circumstance from the address; the first one when nothing was chosen."""
    values = [value for value, _ in _choices(field)]
    asked = request.args.get(field.name, values[0])
    value = asked if asked in values else values[0]
    return value if field.options else value == "true"


def _typed(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _sheet(kind: RegistrationType) -> list[tuple[str, list[tuple[str, str]]]]:
    """Write type.toml as people read it: a heading, and what stands under it."""
    face, numbers = kind.face, kind.numbers
    width, height = kind.photo
    oldest = "不限" if kind.maximum_age is None else f"未满{kind.maximum_age}周岁"
    copies = f"最长{kind.copies.days}日" + (
        "，不超过年龄届满的前一日" if kind.copies.until_maximum_age else ""
    )
    figures = [(SPECS[name].label, _figure(value)) for name, value in kind.figures.items()]
    return [
        ("名称", [("注册类型", kind.title), ("主管部门", kind.authority)]),
        (
            "证书",
            [
                ("名称", face.title),
                ("英文名称", face.english or "—"),
                ("证照类型代码", face.type_code or "—"),
                ("加注使用", copies),
            ],
        ),
        (
            "申请人",
            [
                ("年龄", f"满{kind.minimum_age}周岁，{oldest}"),
                ("届龄", "注册至届满年龄的前一日" if kind.ends_at_maximum_age else "—"),
                ("照片", f"{width}×{height}像素"),
                ("聘用企业应有资质", kind.qualification or "—"),
            ],
        ),
        ("依据", [("规定", kind.law.rule), ("行政复议机关", "、".join(kind.law.review_bodies))]),
        (
            "编号",
            [
                ("申请编号", _pattern(numbers.application)),
                ("注册号", _pattern(numbers.registration)),
                ("证书编号", _pattern(numbers.certificate)),
            ],
        ),
        *([("与通常不同的数值", figures)] if figures else []),
    ]


def _figure(value: object) -> str:
    return {True: "是", False: "否"}[value] if isinstance(value, bool) else str(value)


_PLACES = {
    "matter": "事项",
    "date": "年月日",
    "yy": "年",
    "yyyy": "年",
    "province": "省",
    "serial": "序号",
    "check": "校验",
}


def _pattern(pattern: str) -> str:
    """Write a pattern of numbers as people read it: 31S2〔事项〕〔年月日〕〔序号〕〔校验〕."""
    for name, word in _PLACES.items():
        pattern = pattern.replace(f"{{{name}}}", f"〔{word}〕")
    return pattern
