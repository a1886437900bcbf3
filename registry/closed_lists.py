"""The closed lists that rows hold and that diagrams and tables speak of; no row stands here."""

from __future__ import annotations

from enum import StrEnum


class Basis(StrEnum):
    """Why somebody may not apply."""

    FALSE_MATERIAL = "FALSE_MATERIAL"
    FRAUD = "FRAUD"
    NO_CAPACITY = "NO_CAPACITY"
    CRIMINAL = "CRIMINAL"
    OTHER_BY_LAW = "OTHER_BY_LAW"

    @property
    def label(self) -> str:
        """The Chinese ground."""
        return _BASES[self]

    @property
    def is_ban(self) -> bool:
        """Whether it is a ban for years; else a bar."""
        return self in BAN_YEARS


_BASES = {
    Basis.FALSE_MATERIAL: "《行政许可法》第七十八条（隐瞒有关情况或者提供虚假材料）",
    Basis.FRAUD: "《行政许可法》第七十九条（以欺骗、贿赂等不正当手段取得许可）",
    Basis.NO_CAPACITY: "不具有完全民事行为能力",
    Basis.CRIMINAL: "因从事相关业务受到刑事处罚，未满规定年限",
    Basis.OTHER_BY_LAW: "法律、法规规定不予注册的其他情形",
}


BAN_YEARS = {Basis.FALSE_MATERIAL: 1, Basis.FRAUD: 3}


class Act(StrEnum):
    """What may be done: 注销 ≠ 吊销 ≠ 撤销."""

    CANCEL = "CANCEL"
    REVOKE = "REVOKE"
    RESCIND = "RESCIND"

    @property
    def label(self) -> str:
        """The Chinese words."""
        return _ACTS[self]


_ACTS = {
    Act.CANCEL: "注销注册",
    Act.REVOKE: "吊销注册证书",
    Act.RESCIND: "撤销注册",
}


class Ground(StrEnum):
    """Why (domain D.3, the grounds that only the authority may use)."""

    EXPIRED = "EXPIRED"
    DECEASED_OR_INCAPACITATED = "DECEASED_OR_INCAPACITATED"
    RESCINDED = "RESCINDED"
    REVOKED = "REVOKED"
    CRIMINAL = "CRIMINAL"
    OTHER_BY_LAW = "OTHER_BY_LAW"
    FRAUD = "FRAUD"
    UNLAWFUL_GRANT = "UNLAWFUL_GRANT"
    SERIOUS_ACCIDENT = "SERIOUS_ACCIDENT"

    @property
    def label(self) -> str:
        """The Chinese words."""
        return _GROUNDS[self]


_GROUNDS = {
    Ground.EXPIRED: "有效期满且未延续注册",
    Ground.DECEASED_OR_INCAPACITATED: "死亡或者丧失行为能力",
    Ground.RESCINDED: "依法被撤销注册",
    Ground.REVOKED: "依法被吊销注册证书",
    Ground.CRIMINAL: "受到刑事处罚",
    Ground.OTHER_BY_LAW: "法律、法规规定的其他情形",
    Ground.FRAUD: "以欺骗、贿赂等不正当手段取得注册",
    Ground.UNLAWFUL_GRANT: "滥用职权、超越职权、违反法定程序或者对不符合条件者准予注册",
    Ground.SERIOUS_ACCIDENT: "因过错造成重大质量事故",
}


class RegistrationStatus(StrEnum):
    """Where a registration stands; nothing leads back to VALID."""

    VALID = "VALID"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"
    REVOKED = "REVOKED"
    RESCINDED = "RESCINDED"

    @property
    def label(self) -> str:
        """The Chinese word."""
        return _STANDINGS[self]


_STANDINGS = {
    RegistrationStatus.VALID: "有效",
    RegistrationStatus.EXPIRED: "已过期",
    RegistrationStatus.CANCELLED: "已注销",
    RegistrationStatus.REVOKED: "已吊销",
    RegistrationStatus.RESCINDED: "已撤销",
}


class ItemKind(StrEnum):
    """What an item is about: a case, or the certificate of a registration."""

    APPLICATION = "APPLICATION"
    CERTIFICATE = "CERTIFICATE"


class Effect(StrEnum):
    """Outcomes of the decision table `rename_effect`."""

    SUPERSEDE_AND_RECLAIM = "SUPERSEDE_AND_RECLAIM"
    REISSUE_UNCLAIMED = "REISSUE_UNCLAIMED"
    UPDATE_RECORD_EXCHANGE_LATER = "UPDATE_RECORD_EXCHANGE_LATER"
    UPDATE_NAME = "UPDATE_NAME"
    VOID_AND_RESIGN = "VOID_AND_RESIGN"
    KEEP_FILE_ISSUE_NEW_NAME = "KEEP_FILE_ISSUE_NEW_NAME"
    UNCHANGED = "UNCHANGED"

    @property
    def label(self) -> str:
        """What people read."""
        return _EFFECTS[self]


_EFFECTS = {
    Effect.SUPERSEDE_AND_RECLAIM: "已领取的电子证书：换发新证书，须重新领取",
    Effect.REISSUE_UNCLAIMED: "尚未领取的电子证书：按新名称重新制作",
    Effect.UPDATE_RECORD_EXCHANGE_LATER: "纸质证书：更新登记，换领电子证书时使用新名称",
    Effect.UPDATE_NAME: "尚未签名的申请：更新企业名称，重新保存后签名",
    Effect.VOID_AND_RESIGN: "已签名未盖章的申请：个人签名作废，须重新签名",
    Effect.KEEP_FILE_ISSUE_NEW_NAME: "已盖章的申请：原申请表有效，证书使用新名称",
    Effect.UNCHANGED: "不受影响",
}
