"""The outside systems, each with the one name by which settings, addresses and switches call it."""

from __future__ import annotations

from enum import StrEnum


class System(StrEnum):
    """An outside system; the value is its path at the twin server and its name for `zhuce fault`.

    >>> System.SMS.setting, System.SMS.label
    ('sms_url', '短信平台')
    """

    ENTERPRISE_REGISTER = "enterprise-register"
    ENTERPRISE_QUALIFICATIONS = "enterprise-qualifications"
    QUALIFICATION_REGISTER = "qualification-register"
    REAL_NAME = "real-name"
    SMS = "sms"
    CERTIFICATE_STORE = "certificate-store"
    PORTAL = "portal"

    @property
    def label(self) -> str:
        """What people call it."""
        return _LABELS[self]

    @property
    def setting(self) -> str:
        """The setting that holds its address."""
        if self is System.PORTAL:
            return "portal_issuer"
        return f"{self.value.replace('-', '_')}_url"


class KeyService(StrEnum):
    """Who keeps keys or stamps for us; asked in protocols of their own."""

    TIME_STAMPS = "time-stamps"
    TOKEN = "token"  # noqa: S105  # the device
    AUTHORITY = "authority"

    @property
    def label(self) -> str:
        """What people call it."""
        return _KEY_LABELS[self]


_KEY_LABELS = {
    KeyService.TIME_STAMPS: "时间戳服务",
    KeyService.TOKEN: "密码设备",
    KeyService.AUTHORITY: "电子认证服务机构",
}
_LABELS = {
    System.ENTERPRISE_REGISTER: "企业登记查询服务",
    System.ENTERPRISE_QUALIFICATIONS: "企业资质系统",
    System.QUALIFICATION_REGISTER: "执业资格数据库",
    System.REAL_NAME: "实名制信息采集系统",
    System.SMS: "短信平台",
    System.CERTIFICATE_STORE: "电子证照库",
    System.PORTAL: "统一身份认证",
}
#: Those that are asked by JSON over HTTP and opened with our token.
ASKED: tuple[System, ...] = tuple(system for system in System if system is not System.PORTAL)
