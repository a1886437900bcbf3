// The words of the modeler in Chinese, as far as it offers them here.
const WORDS = {
  'Activate hand tool': '移动画布', 'Activate lasso tool': '框选', 'Activate create/remove space tool': '增减空白',
  'Activate global connect tool': '连线', 'Append end event': '接一个结束事件', 'Append gateway': '接一个网关', 'Append task': '接一个任务',
  'Append text annotation': '加注释', 'Add text annotation': '加注释', 'Append intermediate/boundary event': '接一个中间事件',
  'Change element': '改变类型', 'Change type': '改变类型', 'Connect to other element': '连到其他元素',
  'Connect using sequence/message flow or association': '连线', 'Connect using association': '连线', Delete: '删除', Remove: '删除',
  'Set color': '设置颜色', 'User task': '用户任务', 'Service task': '服务任务', 'Business rule task': '决策表任务', 'Call activity': '调用流程',
  'Exclusive gateway': '排他网关', 'Parallel gateway': '并行网关', 'Sub-process (expanded)': '子流程（展开）', 'Sub-process (collapsed)': '子流程（收起）',
  'End event': '结束事件', 'Start event': '开始事件', 'Error end event': '错误结束事件', 'Terminate end event': '终止结束事件',
  'Timer boundary event': '定时边界事件', 'Timer boundary event (non-interrupting)': '定时边界事件（不中断）',
  'Message boundary event': '消息边界事件', 'Message boundary event (non-interrupting)': '消息边界事件（不中断）', 'Error boundary event': '错误边界事件',
  'Timer intermediate catch event': '定时中间事件', 'Message intermediate catch event': '消息中间事件', 'Message start event': '消息开始事件',
  'Sequence flow': '普通连线', 'Default flow': '默认连线', 'Conditional flow': '有条件的连线', 'Divide into two lanes': '分成两条泳道',
  'Divide into three lanes': '分成三条泳道', 'Add lane above': '在上面加泳道', 'Add lane below': '在下面加泳道',
  'Toggle non-interrupting': '中断或者不中断', 'Search in diagram': '在图中查找', 'Create element': '新建元素', 'Append element': '接一个元素',
};

export const translate = { translate: ['value', (text, replaced = {}) =>
  (WORDS[text] || text).replace(/{([^}]+)}/g, (_, name) => replaced[name] ?? `{${name}}`)] };
