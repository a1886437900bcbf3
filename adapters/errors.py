"""What can go wrong with outside systems, told to the person it concerns."""

from __future__ import annotations

from refusals.refusal import Refusal
from registry.errors import Unavailable


class WrongAnswer(Unavailable):
    """{system}返回的信息与查询的对象不一致，未予采用，您填写的内容已保留。请稍后重试；如持续出现，请联系市住建委（电话见页面下方）。"""

    code = "E_WRONG_ANSWER"


class OddRecord(WrongAnswer):
    """{system}中的这条记录有误（{what}），不能采用；您填写的内容已保留。再次查询结果不会改变，请联系{system}的管理部门更正，或者咨询市住建委（电话见页面下方）。"""

    code = "E_ODD_RECORD"


class EnrolmentRefused(Refusal):
    """电子认证服务机构没有签发数字证书，答复：{why}。请核对登记的名称和证件后重新办理；仍不能签发的，请咨询{hotline}。"""

    code = "E_ENROLMENT_REFUSED"


class StoredFileMissing(Refusal):
    """文件{sha256}不在文件库中。请联系系统管理员核对文件库，勿重复提交。"""

    code = "E_STORED_FILE_MISSING"
    may_pass = True


class StoredFileDamaged(Refusal):
    """文件{sha256}的内容与登记的摘要不一致，已停止使用。请联系系统管理员从备份恢复。"""

    code = "E_STORED_FILE_DAMAGED"
    may_pass = True


class StoredFileLocked(Refusal):
    """文件{sha256}的密钥未在设置中。请联系系统管理员把当时的密钥写入 ZHUCE_FORMER_FILE_KEYS。"""

    code = "E_STORED_FILE_LOCKED"
    may_pass = True


class SignInRefused(Refusal):
    """统一身份认证未通过：{cause}。请返回登录页重新登录。"""

    code = "E_SIGN_IN"
    is_denial = True
