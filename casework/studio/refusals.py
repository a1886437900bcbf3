"""What the workbench refuses."""

from __future__ import annotations

from refusals.refusal import Refusal


class NoSuchDraft(Refusal):
    """没有这个草稿，可能已经删除。请返回草稿列表重新选择。"""

    code = "E_DRAFT_NOT_FOUND"


class DraftPublished(Refusal):
    """该草稿已经提请发布或者已经发布，没有修改。请先复制所写的内容，再撤回发布，或者从该版本另起草稿。"""

    code = "E_DRAFT_PUBLISHED"


class NothingToMerge(Refusal):
    """没有可以并入的新版本：草稿已经依据现行版本，或者又有了更新的版本。请刷新页面，查看最新状态。"""

    code = "E_DRAFT_NOTHING_TO_MERGE"


class SavedMeanwhile(Refusal):
    """{who}在{when}保存了“{path}”，您的修改没有保存，仍在页面上。请下载自己的内容，对照新的内容修改后再保存。"""

    code = "E_DRAFT_SAVED_MEANWHILE"


class PathRefused(Refusal):
    """文件名“{path}”不能使用：{why}。请按 docs/analyst-guide.zh.md 的“文件”一节命名。"""

    code = "E_DRAFT_PATH"


class DraftFileTooLarge(Refusal):
    """文件“{path}”超过{most}。请拆分，或者删除不需要的内容。"""

    code = "E_DRAFT_FILE_LARGE"


class DraftTooLarge(Refusal):
    """草稿超过{most}。请删除不需要的文件。"""

    code = "E_DRAFT_LARGE"


class NoSuchSave(Refusal):
    """没有这次保存的内容，可能太久以前。请刷新页面，从列出的保存中选择。"""

    code = "E_DRAFT_SAVE_NOT_FOUND"


class TitleMissing(Refusal):
    """请填写名称（2至100个字）。"""

    code = "E_DRAFT_TITLE"


class KeyRefused(Refusal):
    """注册类型的标识“{key}”不能使用：{why}。请用小写字母开头的小写字母、数字和连字符。"""

    code = "E_DRAFT_KEY"


class ArchiveRefused(Refusal):
    """不能导入该文件：{why}。请使用本系统导出的草稿文件，不要解开或者修改。"""

    code = "E_DRAFT_ARCHIVE"


class NoSuchPlay(Refusal):
    """没有这次试办，可能已经删除。请返回草稿，重新开始试办。"""

    code = "E_PLAY_NOT_FOUND"


class PlayWentOn(Refusal):
    """这次试办在别的窗口又走了一步，您的这一步没有办理。请按现在的情况继续。"""

    code = "E_PLAY_WENT_ON"


class PlayStepRefused(Refusal):
    """这一步办不成：{why}。请改正所填的内容，或者选择别的步骤。"""

    code = "E_PLAY_STEP"


class PlayValueRefused(Refusal):
    """“{name}”应填写{wanted}。请改正。"""

    code = "E_PLAY_VALUE"


class PlayTooLong(Refusal):
    """一次试办至多{most}步。请保存为情景，另外开始。"""

    code = "E_PLAY_LONG"


class PlayNotEnded(Refusal):
    """试办还没有走到结束，不能保存为情景：{why}。请继续办到结束。"""

    code = "E_PLAY_NOT_ENDED"


class ScenarioNameRefused(Refusal):
    """情景的文件名“{name}”不能使用：{why}。请另取一个名称。"""

    code = "E_SCENARIO_NAME"


class NotReady(Refusal):
    """还不能发布：{why}。请处理后重新提请发布。"""

    code = "E_PUBLICATION_NOT_READY"


class PublicationReasonMissing(Refusal):
    """请写明这次修改了什么、依据是什么（5至1000个字），由发布人员核对。"""

    code = "E_PUBLICATION_REASON"


class PublicationDayRefused(Refusal):
    """生效时间“{day}”不能使用：应为今天以后一年之内的时间，不填为立即生效。请改正日期。"""

    code = "E_PUBLICATION_DAY"


class PublicationWaits(Refusal):
    """{who}已于{when}提请发布该注册类型，等待确认或者等待生效。请先处理该项发布。"""

    code = "E_PUBLICATION_WAITS"


class PublicationNeedsAnother(Refusal):
    """发布须由没有参与修改的发布人员确认。参与修改草稿的人不能自己确认。"""

    code = "E_PUBLICATION_NEEDS_ANOTHER"
    is_denial = True


class PublicationNotAsked(Refusal):
    """该项发布已经确认或者已经撤回。请刷新页面，查看最新状态。"""

    code = "E_PUBLICATION_NOT_ASKED"


class DraftChanged(Refusal):
    """提请发布以后草稿又有修改，没有发布。请分析人员重新提请发布。"""

    code = "E_PUBLICATION_DRAFT_CHANGED"


class NoticeMissing(Refusal):
    """请写明申请人会看到的说明（5至500个字）：为什么暂停，何时恢复，可以怎样办理。"""

    code = "E_STOP_NOTICE"


class StoppedAlready(Refusal):
    """该事项已经暂停。请刷新页面，查看最新状态。"""

    code = "E_STOP_ALREADY"


class StopLifted(Refusal):
    """该事项已经恢复。请刷新页面，查看最新状态。"""

    code = "E_STOP_LIFTED"
