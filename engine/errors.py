"""What the engine refuses, each refusal with a code and a text for the person it concerns."""

from __future__ import annotations

from refusals.refusal import Refusal


class TaskNotOpen(Refusal):
    """该事项已经办理完毕或者已经失效。请刷新页面，查看最新状态。"""

    code = "E_TASK_NOT_OPEN"


class NotYourTask(Refusal):
    """您不是该事项的办理人，不能办理。请使用办理人的账号登录。"""

    code = "E_NOT_YOUR_TASK"
    is_denial = True


class FourEyes(Refusal):
    """您已经办理过本申请的“{earlier}”，按照审核与决定分离的要求，本环节须由另一人办理。"""

    code = "E_FOUR_EYES"
    is_denial = True


class TaskClaimed(Refusal):
    """该事项正由其他工作人员办理。请选择其他事项，或者等待对方退回。"""

    code = "E_TASK_CLAIMED"
    is_denial = True


class NobodyWaits(Refusal):
    """当前环节不能进行此操作。请刷新页面，查看申请的最新状态。"""

    code = "E_NOBODY_WAITS"


class NoSuchInstance(NobodyWaits):
    """没有找到正在办理的流程。请刷新页面，查看申请的最新状态。"""

    code = "E_NO_INSTANCE"


class AlreadyRunning(Refusal):
    """该申请的办理流程已经启动，不能重复启动。请刷新页面，查看最新状态。"""

    code = "E_ALREADY_RUNNING"


class Busy(Refusal):
    """同一申请正在被同时办理，本次操作没有生效。请刷新页面后重试。"""

    code = "E_BUSY"
    may_pass = True


class BadValues(Refusal):
    """提交的内容不符合要求（{reason}）。请检查后重新提交。"""

    code = "E_BAD_VALUES"


class NoSuchDefinition(Refusal):
    """没有找到流程定义（{what}）。请先部署该注册类型。"""

    code = "E_NO_DEFINITION"


class DefinitionRefused(Refusal):
    """流程文件没有通过检查，未予部署：{summary}。请按所列位置修改后重新部署。"""

    code = "E_DEFINITION_REFUSED"


class OtherVersion(Refusal):
    """该案件已改用另一版本（{version}）。请刷新页面，按它现在的版本重新选择。"""

    code = "E_OTHER_VERSION"


class DiagramsDiffer(Refusal):
    """新版本的流程图与在办的不同，不能改用：{differences}。请只改文字、表单、决策表、期限和条件，或者让该申请按原版本办完。"""

    code = "E_DIAGRAMS_DIFFER"


class TokenStays(Refusal):
    """该申请不能改到新版本：{why}。请修改对应关系，或者让该申请按原版本办完。"""

    code = "E_TOKEN_STAYS"


class TokenIsLate(TokenStays):
    """该申请不能改到新版本：{why}。请在新版本中改长期限，或者让该申请按原版本办完。"""

    code = "E_TOKEN_LATE"


class MovedOn(Refusal):
    """改到新版本以后已经继续办理，不能恢复。该申请按现在的版本办完。"""

    code = "E_MOVED_ON"


class XmlRefused(Refusal):
    """文件不是可以接受的流程文件：{reason}。请用流程编辑器重新导出。"""

    code = "E_XML_REFUSED"


class ExpressionRefused(Refusal):
    """表达式“{source}”不能使用：{reason}。请改用变量、比较、and、or、not、in 和规定的函数。"""

    code = "E_EXPRESSION_REFUSED"


class ExpressionFailed(Refusal):
    """表达式“{source}”无法计算：{reason}。请检查所用的变量是否已经产生。"""

    code = "E_EXPRESSION_FAILED"


class DecisionRefused(Refusal):
    """决策表“{table}”不能使用：{reason}。请修改决策表。"""

    code = "E_DECISION_REFUSED"


class DecisionFailed(Refusal):
    """决策表“{table}”没有得出结果：{reason}。请修改决策表或者检查输入。"""

    code = "E_DECISION_FAILED"


class Stuck(Refusal):
    """流程在“{node}”处不能停下来（超过 {steps} 步）。请检查流程图中的循环。"""

    code = "E_STUCK"


class Stalled(Refusal):
    """流程走过“{node}”之后，再没有任何人或者事件能使其继续。请检查流程图的并行分支是否都能汇合。"""

    code = "E_STALLED"


class UncaughtBpmnError(Refusal):
    """流程在“{node}”处出现未处理的错误 {error}，已转人工处理。"""

    code = "E_UNCAUGHT"


class NoSuchOperation(Refusal):
    """流程图使用了没有登记的操作“{operation}”。请检查操作名称。"""

    code = "E_NO_OPERATION"


class BadParameter(Refusal):
    """操作“{operation}”的参数 {parameter} 不是 {kind}。请检查流程图中该参数的表达式。"""

    code = "E_BAD_PARAMETER"


class LeaseLost(Refusal):
    """后台任务的租约已被其他进程取得，本次结果作废。"""

    code = "E_LEASE_LOST"


class NotAnIncident(Refusal):
    """该后台任务不是待处理的异常，不能重试或者跳过。请刷新页面。"""

    code = "E_NOT_AN_INCIDENT"


class RunnersDied(Refusal):
    """后台任务多次使处理进程中断，已停止自动重试。请查明原因后重试或者跳过。"""

    code = "E_RUNNERS_DIED"
