"""What pdfgen refuses. The docstring of a class is the text for the person it concerns."""

from __future__ import annotations

from refusals.refusal import Refusal


class TemplateUnknown(Refusal):
    """文书模板“{template}”不存在，请联系流程管理员检查该注册类型的 documents 目录。"""

    code = "E_TEMPLATE_UNKNOWN"


class TemplateFault(Refusal):
    """文书模板“{template}”有错误，请联系流程管理员修改：{detail}"""

    code = "E_TEMPLATE"


class ValueMissing(Refusal):
    """生成“{template}”所需的数据不完整，请联系流程管理员：{detail}"""

    code = "E_VALUE_MISSING"


class CharacterMissing(Refusal):
    """字符“{character}”（{code_point}）无法印制在文书上，请改用规范汉字或联系市住建委（电话见页面下方）登记。"""

    code = "E_CHARACTER"


class RenderedBeforeFork(Refusal):
    """文书服务启动方式有误：生成文书后不得再派生进程，请系统管理员以 spawn 方式启动。"""

    code = "E_FORKED"


class FontsMissing(Refusal):
    """字体目录“{folder}”中没有“{family}”，请运行 make fonts，或将 ZHUCE_FONTS 指向字体目录。"""

    code = "E_FONTS"
    may_pass = True


class FileTooLarge(Refusal):
    """文件不得超过 2M（{limit} 字节），当前为 {size} 字节，请压缩或降低扫描分辨率后重新上传。"""

    code = "E_FILE_SIZE"


class FileEmpty(Refusal):
    """文件是空的（0 字节），请重新选择文件上传。"""

    code = "E_FILE_EMPTY"


class NotPdf(Refusal):
    """仅支持 PDF 文件，该文件的内容不是 PDF；请用扫描仪或办公软件另存为 PDF，不要只改扩展名。"""

    code = "E_FILE_TYPE"


class FileDamaged(Refusal):
    """PDF 文件已损坏或不完整，请重新扫描或导出后再上传。"""

    code = "E_FILE_DAMAGED"


class FileEncrypted(Refusal):
    """PDF 文件设有打开密码或无法识别的加密，请去除保护（例如重新打印为 PDF）后上传。"""

    code = "E_FILE_ENCRYPTED"


class FileActive(Refusal):
    """PDF 文件含有{what}，不能接收；请重新打印为 PDF 后上传。"""

    code = "E_FILE_ACTIVE"


class FileWithoutPages(Refusal):
    """PDF 文件没有页面，请重新扫描或导出后再上传。"""

    code = "E_FILE_NO_PAGES"


class FileTooComplex(Refusal):
    """PDF 文件过于复杂，无法检查（最多 {pages} 页）；请拆分或重新扫描后上传。"""

    code = "E_FILE_COMPLEX"


class PhotoTooLarge(Refusal):
    """照片文件不得超过 5M，当前为 {size} 字节，请缩小后重新上传。"""

    code = "E_PHOTO_SIZE"


class NotPhoto(Refusal):
    """仅支持 JPEG 或 PNG 照片，该文件格式不同（如 HEIC、PDF）、为空或损坏，请改存 JPEG 后上传。"""

    code = "E_PHOTO_TYPE"


class PhotoTooManyPixels(Refusal):
    """照片像素过大（{size}），不得超过 2400 万像素，请缩小后重新上传。"""

    code = "E_PHOTO_PIXELS"


class PhotoTooSmall(Refusal):
    """照片过小（{width}×{height} 像素），不得小于 {wide}×{high} 像素，请换用更清晰的照片。"""

    code = "E_PHOTO_SPEC"


class PhotoShape(Refusal):
    """照片比例不符（{width}×{height} 像素），宽高比应为 {wide}∶{high}，请裁剪后重新上传。"""

    code = "E_PHOTO_SHAPE"


class PhotoCrop(Refusal):
    """裁剪范围超出照片（{width}×{height} 像素），请重新裁剪。"""

    code = "E_PHOTO_CROP"


class PhotoColour(Refusal):
    """照片的颜色模式（{mode}）不支持，请另存为普通彩色（RGB）JPEG 后上传。"""

    code = "E_PHOTO_COLOUR"


class PhotoAnimated(Refusal):
    """照片不得为动画，请上传单张静态照片。"""

    code = "E_PHOTO_ANIMATED"
