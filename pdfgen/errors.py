"""What pdfgen refuses. The docstring of a class is the text for the person it concerns."""

from __future__ import annotations

from typing import ClassVar


class DocumentError(Exception):
    """文书处理失败，请稍后重试；仍不成功的，请拨打咨询电话 021-962600。"""

    code: ClassVar[str] = "E_DOCUMENT"

    def __init__(self, field: str | None = None, **facts: object) -> None:
        self.field = field  #: name of the form field concerned, if one is
        self.facts = facts  #: what fills the placeholders of the text
        super().__init__((type(self).__doc__ or "").format_map(facts))


class TemplateUnknown(DocumentError):
    """文书模板“{template}”不存在，请联系流程管理员检查该注册类型的 documents 目录。"""

    code = "E_TEMPLATE_UNKNOWN"


class TemplateFault(DocumentError):
    """文书模板“{template}”有错误，请联系流程管理员修改：{detail}"""

    code = "E_TEMPLATE"


class ValueMissing(DocumentError):
    """生成“{template}”所需的数据不完整，请联系流程管理员：{detail}"""

    code = "E_VALUE_MISSING"


class CharacterMissing(DocumentError):
    """字符“{character}”（{code_point}）无法印制在文书上，请改用规范汉字或致电 021-962600 登记。"""

    code = "E_CHARACTER"


class RenderedBeforeFork(DocumentError):
    """文书服务启动方式有误：生成文书后不得再派生进程，请系统管理员以 spawn 方式启动。"""

    code = "E_FORKED"


class FontsMissing(DocumentError):
    """字体目录“{folder}”中没有“{family}”，请运行 make fonts，或将 ZHUCE_FONTS 指向字体目录。"""

    code = "E_FONTS"
