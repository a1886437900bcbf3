"""What signing refuses. Each docstring is what the person concerned reads: cause and remedy."""

from __future__ import annotations

from refusals.refusal import Refusal


class WrongKek(Refusal):
    """密钥库无法解开：密钥加密密钥（KEK）与保存密钥时使用的不一致，请核对部署配置。"""

    code = "E_WRONG_KEK"


class UnknownAuthority(Refusal):
    """没有名为“{name}”的证书机构；由外部机构签发的，请系统管理员核对 ZHUCE_AUTHORITY_CHAINS。"""

    code = "E_UNKNOWN_AUTHORITY"


class UnknownCertificate(Refusal):
    """没有序列号为{serial}的证书，请核对序列号。"""

    code = "E_UNKNOWN_CERTIFICATE"


class NoCertificate(Refusal):
    """没有可用的数字证书，请先申领数字证书后再签署，咨询{hotline}。"""

    code = "E_NO_CERTIFICATE"
    may_pass = True


class CertificateRevoked(Refusal):
    """数字证书已吊销，不能签署；请重新申领数字证书，咨询{hotline}。"""

    code = "E_CERT_REVOKED"
    is_denial = True
    may_pass = True


class CertificateExpired(Refusal):
    """数字证书已过期或尚未生效，不能签署；请更新数字证书，咨询{hotline}。"""

    code = "E_CERT_EXPIRED"
    may_pass = True


class CertificateReplaced(Refusal):
    """页面上显示的不是现在使用的数字证书，证书已经更换。请刷新页面，核对后再办理。"""

    code = "E_CERT_REPLACED"


class CertificateInUse(Refusal):
    """现有的数字证书没有吊销，不能重新申领；可以更新证书或者修改证书密码。"""

    code = "E_CERT_IN_USE"


class AuthorityOver(Refusal):
    """{name}的证书不在有效期内，不能签发证书或加盖时间戳，办理暂停；请系统管理员核对服务器时间和密钥状态。"""

    code = "E_AUTHORITY_OVER"
    may_pass = True


class CodeTooSoon(Refusal):
    """验证码已发送，请在{seconds}秒后重新获取。"""

    code = "E_SMS_TOO_SOON"
    may_pass = True


class CodeLocked(Refusal):
    """验证码连续输入错误次数过多，请在{minutes}分钟后重新获取验证码。"""

    code = "E_SMS_LOCKED"
    is_denial = True
    may_pass = True


class PinMalformed(Refusal):
    """证书密码应为{shortest}至{longest}位，不能是同一字符的重复，请重新设置。"""

    code = "E_PIN_MALFORMED"


class PinUnchanged(Refusal):
    """新密码与输入的原密码相同，密码没有修改。请设置与原密码不同的新密码。"""

    code = "E_PIN_UNCHANGED"


class PinMissing(Refusal):
    """请输入证书密码。没有输入密码不计入错误次数。"""

    code = "E_PIN_MISSING"


class PinWrong(Refusal):
    """证书密码不正确，请重新输入（还可以输入{tries_left}次）；忘记密码的，请拨打{hotline}。"""

    code = "E_PIN_WRONG"
    is_denial = True


class PinLocked(Refusal):
    """证书密码连续输入错误，已锁定；请在{minutes}分钟后重试，或拨打{hotline}咨询解锁。"""

    code = "E_PIN_LOCKED"
    is_denial = True
    may_pass = True


class AuthorizationUnknown(Refusal):
    """没有有效的签署授权，请重新验证后再签署。"""

    code = "E_AUTHORIZATION_UNKNOWN"


class AuthorizationExpired(Refusal):
    """签署授权已过期，请重新验证后再签署。"""

    code = "E_AUTHORIZATION_EXPIRED"


class AuthorizationUsed(Refusal):
    """该签署授权已经使用，请重新验证后再签署。"""

    code = "E_AUTHORIZATION_USED"


class DocumentChanged(Refusal):
    """文件内容已变化，请重新预览文件并重新验证后再签署。"""

    code = "E_DOCUMENT_CHANGED"


class KeyReused(Refusal):
    """同一办理编号已用于另一份文件的签署，不能重复使用；请刷新页面后重新办理。"""

    code = "E_KEY_REUSED"


class NotSignable(Refusal):
    """文件不能签署：{reason}。请重新生成文件后再签署。"""

    code = "E_NOT_SIGNABLE"


class BadRawSignature(Refusal):
    """签名设备返回的签名值与文件不符，未写入文件；请重新签署。"""

    code = "E_BAD_RAW_SIGNATURE"


class SignatureTooLarge(Refusal):
    """签名数据超出文件中预留的空间，未写入文件；请联系系统管理员。"""

    code = "E_SIGNATURE_TOO_LARGE"


class TokenMissing(Refusal):
    """机关印章的密钥在密码设备中，但没有连接密码设备。请联系系统管理员运行 zhuce token。"""

    code = "E_TOKEN_MISSING"
    may_pass = True


class CertificateNotAsAsked(Refusal):
    """电子认证服务机构签发的证书与申请不符（{what}），没有采用。请联系系统管理员与该机构核对后重新办理，勿反复提交，咨询{hotline}。"""

    code = "E_CERT_NOT_AS_ASKED"


class CertificateAwaited(Refusal):
    """申请已经提交并保存，电子认证服务机构尚未签发（暂时无法连接，或者正在审核）。签发以后自动生效，并发送站内消息；不必重复提交。"""

    code = "E_CERT_AWAITED"


class StatusUnknown(Refusal):
    """暂时无法确认数字证书是否已被吊销（电子认证服务机构的吊销列表取不到），没有签署；系统会自动重试，请稍后查看结果，咨询{hotline}。"""

    code = "E_CERT_STATUS_UNKNOWN"
    may_pass = True


class FontMissing(Refusal):
    """缺少字体文件{font}，无法绘制签名或印章；请先生成字体目录。"""

    code = "E_FONT_MISSING"


class GlyphMissing(Refusal):
    """字体中没有“{characters}”，无法绘制签名或印章；请改用上传的签名图片，或联系系统管理员补充字体。"""

    code = "E_GLYPH_MISSING"


class PictureUnusable(Refusal):
    """签名图片无法使用：{reason}。请重新上传 PNG 或 JPEG 格式的签名图片。"""

    code = "E_PICTURE_UNUSABLE"


class ExaminersBusy(Refusal):
    """正在查验的文件较多。您的文件没有问题，请稍等片刻后重新提交。"""

    code = "E_VERIFY_BUSY"
    may_pass = True
