// The palette, the pad and the menu of types offer what the engine runs, and nothing else.

const MENU = new Set([
  'replace-with-user-task', 'replace-with-service-task', 'replace-with-rule-task', 'replace-with-call-activity',
  'replace-with-exclusive-gateway', 'replace-with-parallel-gateway', 'replace-with-expanded-subprocess', 'replace-with-none-end',
  'replace-with-error-end', 'replace-with-terminate-end', 'replace-with-none-start', 'replace-with-timer-boundary',
  'replace-with-non-interrupting-timer-boundary', 'replace-with-message-boundary', 'replace-with-non-interrupting-message-boundary',
  'replace-with-error-boundary', 'replace-with-timer-intermediate-catch', 'replace-with-message-intermediate-catch',
  'replace-with-sequence-flow', 'replace-with-default-flow', 'replace-with-conditional-flow', 'toggle-non-interrupting',
]);
const SHAPES = [
  ['bpmn:UserTask', 'bpmn-icon-user-task', '用户任务'], ['bpmn:ServiceTask', 'bpmn-icon-service-task', '服务任务'],
  ['bpmn:BusinessRuleTask', 'bpmn-icon-business-rule-task', '决策表任务'], ['bpmn:CallActivity', 'bpmn-icon-call-activity', '调用流程'],
  ['bpmn:ExclusiveGateway', 'bpmn-icon-gateway-xor', '排他网关'], ['bpmn:ParallelGateway', 'bpmn-icon-gateway-parallel', '并行网关'],
  ['bpmn:SubProcess', 'bpmn-icon-subprocess-expanded', '子流程', { isExpanded: true }],
  ['bpmn:EndEvent', 'bpmn-icon-end-event-none', '结束事件'], ['bpmn:StartEvent', 'bpmn-icon-start-event-none', '开始事件'],
  ['bpmn:IntermediateCatchEvent', 'bpmn-icon-intermediate-event-catch-timer', '定时事件', { eventDefinitionType: 'bpmn:TimerEventDefinition' }],
  ['bpmn:IntermediateCatchEvent', 'bpmn-icon-intermediate-event-catch-message', '消息事件', { eventDefinitionType: 'bpmn:MessageEventDefinition' }],
];
const APPENDED = SHAPES.slice(0, 5).concat(SHAPES.slice(7, 8));

class Palette {
  constructor(palette, create, elementFactory, handTool, lassoTool, spaceTool, globalConnect) {
    Object.assign(this, { create, elementFactory, handTool, lassoTool, spaceTool, globalConnect });
    palette.registerProvider(this);
  }

  getPaletteEntries() {
    const tool = (title, className, use) => ({ group: 'tools', className, title, action: { click: use } });
    const entries = {
      hand: tool('移动画布', 'bpmn-icon-hand-tool', (event) => this.handTool.activateHand(event)),
      lasso: tool('框选', 'bpmn-icon-lasso-tool', (event) => this.lassoTool.activateSelection(event)),
      space: tool('增减空白', 'bpmn-icon-space-tool', (event) => this.spaceTool.activateSelection(event)),
      connect: tool('连线', 'bpmn-icon-connection-multi', (event) => this.globalConnect.start(event)),
      line: { group: 'tools', separator: true },
    };
    SHAPES.forEach(([type, className, title, more], place) => {
      const begin = (event) => this.create.start(event, this.elementFactory.createShape({ type, ...more }));
      entries[`create-${place}`] = { group: 'create', className, title, action: { dragstart: begin, click: begin } };
    });
    return entries;
  }
}
Palette.$inject = ['palette', 'create', 'elementFactory', 'handTool', 'lassoTool', 'spaceTool', 'globalConnect'];

class Pad {
  constructor(contextPad, popupMenu, autoPlace, elementFactory) {
    Object.assign(this, { autoPlace, elementFactory });
    contextPad.registerProvider(400, this);
    popupMenu.registerProvider('bpmn-replace', 400, {
      getPopupMenuEntries: () => (entries) => Object.fromEntries(Object.entries(entries).filter(([id]) => MENU.has(id))),
      getPopupMenuHeaderEntries: () => () => ({}),
    });
  }

  getContextPadEntries(element) {
    return (entries) => {
      const kept = Object.fromEntries(Object.entries(entries).filter(([id]) => !id.startsWith('append.') || id === 'append.text-annotation'));
      if (!Object.keys(entries).some((id) => id.startsWith('append.') && id !== 'append.text-annotation')) return kept;
      APPENDED.forEach(([type, className, title], place) => {
        const append = () => this.autoPlace.append(element, this.elementFactory.createShape({ type }));
        kept[`append-${place}`] = { group: 'model', className, title: `接一个${title}`, action: { click: append } };
      });
      return kept;
    };
  }
}
Pad.$inject = ['contextPad', 'popupMenu', 'autoPlace', 'elementFactory'];

export const offers = { __init__: ['paletteProvider', 'studioPad'], paletteProvider: ['type', Palette], studioPad: ['type', Pad] };
