"""What the register refuses: each with a code and a Chinese text of cause and remedy."""

from __future__ import annotations

from refusals.refusal import Refusal


class Unavailable(Refusal):
    """{system}暂时无法连接，您填写的内容已保留，请稍后重试；如持续出现，请联系市住建委（电话见页面下方）。"""

    code = "E_SERVICE_DOWN"
    may_pass = True


# Applications


class OpenApplicationExists(Refusal):
    """您有一项正在申请中的事项（{matter} {application_no}，{status}），请先办结或撤回后再申请。"""

    code = "E_OPEN_APPLICATION"


class IllegalMove(Refusal):
    """申请当前状态为“{status}”，不能变更为“{target}”，请刷新页面查看最新进度。"""

    code = "E_ILLEGAL_MOVE"
    may_pass = True


class ApplicationLocked(Refusal):
    """申请当前状态为“{status}”，内容已锁定，不能修改。"""

    code = "E_APPLICATION_LOCKED"
    may_pass = True


class StaleDraft(Refusal):
    """另一个窗口已经暂存了不同的内容，本页没有覆盖它。请核对后再次点击按钮，将以本页内容为准。"""

    code = "E_STALE_DRAFT"


class StaleRevision(Refusal):
    """申请表已在其他窗口修改（当前第{current}版，您打开的是第{expected}版），请核对最新内容后再保存。"""

    code = "E_STALE_REVISION"
    may_pass = True


class AlreadyDecided(Refusal):
    """该申请的这一步骤已有办理结果，不能重复办理，请刷新页面查看。"""

    code = "E_ALREADY_DECIDED"
    may_pass = True


# Persons


class IdentityInvalid(Refusal):
    """证件号码有误（{fault}），请核对证件后重新填写。"""

    code = "E_ID_NO"


class IdentityTaken(Refusal):
    """该证件号码已登记为另一名有申请或注册记录的人员，不能直接更正；请核对号码，或由运行维护人员核实合并。"""

    code = "E_IDENTITY_TAKEN"


class MobileInvalid(Refusal):
    """手机号码格式有误，请填写11位中国大陆手机号码。"""

    code = "E_MOBILE"


class PersonNotRegistered(Refusal):
    """请先完成新用户注册与实名认证。"""

    code = "E_REALNAME_REQUIRED"
    is_denial = True


class SignatureImageInvalid(Refusal):
    """签名图片须为不超过200KB的PNG图片，请重新设置个人签名图片。"""

    code = "E_SIGNATURE_IMAGE"


# Enterprises


class UsccInvalid(Refusal):
    """统一社会信用代码“{uscc}”有误，请核对营业执照上的18位代码。"""

    code = "E_USCC"


class EnterpriseNotFound(Refusal):
    """未查询到企业“{name}”，请填写营业执照上的企业全称（含括号内文字）后重新验证。"""

    code = "E_ENTERPRISE_NOT_FOUND"


class EnterpriseAmbiguous(Refusal):
    """名称“{name}”对应多家企业，请填写营业执照上的企业全称后重新验证。"""

    code = "E_ENTERPRISE_AMBIGUOUS"


class EnterpriseRenamed(Refusal):
    """企业“{name}”已更名为“{current}”，请使用现名称重新验证。"""

    code = "E_ENTERPRISE_RENAMED"


class EnterpriseInactive(Refusal):
    """企业“{name}”当前登记状态为“{status}”，不能作为注册企业，请核对聘用企业。"""

    code = "E_ENTERPRISE_INACTIVE"


class EnterpriseNotQualified(Refusal):
    """企业“{name}”没有有效的{qualification}，不能聘用注册人员，请核对聘用企业。"""

    code = "E_ENTERPRISE_NOT_QUALIFIED"


class NotAnOperator(Refusal):
    """您不是该企业的经办人，请使用该企业的法人一证通数字证书登录。"""

    code = "E_NOT_AN_OPERATOR"
    is_denial = True


# Qualifications, registrations, certificates


class QualificationTaken(Refusal):
    """资格证书编号“{certificate_no}”{how}，{remedy}。"""

    code = "E_QUALIFICATION_TAKEN"


class QualificationInvalid(Refusal):
    """资格信息有误（{fault}），请核对执业资格证书后重新填写。"""

    code = "E_QUALIFICATION"


class AlreadyRegistered(Refusal):
    """您已有效注册于{enterprise}，有效期至{valid_to}；如更换聘用企业，请先办理注销注册。"""

    code = "E_ALREADY_REGISTERED"


class RegistrationNotValid(Refusal):
    """当前注册状态为“{status}”，不能办理该事项。"""

    code = "E_NOT_VALID"


class NumberTaken(Refusal):
    """编号“{number}”已登记在其他人名下，请核对原登记簿后再录入。"""

    code = "E_NUMBER_TAKEN"


class CertificateNotIssued(Refusal):
    """证书正在制作，尚不能领取，请稍后在“电子注册证书管理”中查看。"""

    code = "E_CERTIFICATE_NOT_ISSUED"
    may_pass = True


class CertificateSuperseded(Refusal):
    """证书信息已更新，请领取新版证书。"""

    code = "E_CERTIFICATE_SUPERSEDED"


class CertificateNotValid(Refusal):
    """该证书当前状态为“{status}”，不能办理该操作。"""

    code = "E_CERTIFICATE_NOT_VALID"


# Bars


class BanActive(Refusal):
    """依据{basis}，{until}前不得再次申请。"""

    code = "E_BAN_ACTIVE"


class ParameterInvalid(Refusal):
    """参数“{key}”的值无效，请按说明重新填写。"""

    code = "E_PARAMETER"


# Consents


class ConsentWithdrawn(Refusal):
    """您已撤回使用照片和签名图片的同意，不能上传照片或者签署文件。如需办理，请在“我的个人信息”重新同意。"""

    code = "E_CONSENT_WITHDRAWN"


class AccountClosed(Refusal):
    """您的账号已经注销，不能再办理。如需办理，请重新登录并完成新用户注册。"""

    code = "E_ACCOUNT_CLOSED"


# Renames


class RenameRunning(Refusal):
    """本企业正在更名为“{name}”，请等待本次更名完成后再办理。"""

    code = "E_RENAME_RUNNING"


class RenameMoved(Refusal):
    """本次名称变更的状态为“{state}”，不能进行该操作，请刷新页面查看最新进度。"""

    code = "E_RENAME_MOVED"
    may_pass = True
