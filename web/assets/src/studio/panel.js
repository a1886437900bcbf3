// The panel of what the engine runs: every field writes through the command stack, so that it is undone like a line.
import { getBusinessObject, is } from 'bpmn-js/lib/util/ModelUtil';
import { make } from './desk.js';

const SPIFF = 'http://spiffworkflow.org/bpmn/schema/1.0/core';
const text = (value) => (value === undefined || value === null ? '' : String(value));
const options = (values) => values.map((value) => (typeof value === 'string' ? { value, label: value } : value));

export class Panel {
  constructor(modeler, place, catalogue, maySave) {
    Object.assign(this, { place, catalogue, maySave });
    for (const name of ['modeling', 'moddle', 'elementRegistry', 'bpmnFactory', 'selection']) this[name] = modeler.get(name);
    const again = () => this.show(this.selection.get());
    // A label that is open on the drawing would be written over what is typed here.
    const label = modeler.get('directEditing');
    place.addEventListener('focusin', () => { if (label.isActive()) label.complete(); });
    modeler.on('selection.changed', again);
    modeler.on('commandStack.changed', again);
    this.show([]);
  }

  show(chosen) {
    const held = document.activeElement && this.place.contains(document.activeElement) ? document.activeElement.name : null;
    const element = chosen.length === 1 ? chosen[0] : null;
    this.place.replaceChildren(...(element ? this.fields(element) : [make('p', { class: 'govuk-body' }, '选择一个元素，在这里设置。')]));
    if (held) this.place.querySelector(`[name="${CSS.escape(held)}"]`)?.focus();
  }

  fields(element) {
    const bo = getBusinessObject(element);
    const set = (name) => (value) => this.modeling.updateProperties(element, { [name]: value || undefined });
    const rows = [make('h2', { class: 'govuk-heading-s' }, bo.name || bo.id)];
    const known = is(bo, 'bpmn:UserTask') ? Object.keys(this.catalogue.tasks) : [];
    rows.push(this.input('id', '标识', bo.id, (value) => value && this.modeling.updateProperties(element, { id: value }), known));
    if (!is(bo, 'bpmn:Association')) rows.push(this.input('name', '名称', bo.name, set('name')));
    if (is(bo, 'bpmn:UserTask')) rows.push(...this.userTask(element, bo));
    if (is(bo, 'bpmn:ServiceTask')) rows.push(...this.serviceTask(element, bo));
    if (is(bo, 'bpmn:BusinessRuleTask')) rows.push(this.select('decision', '决策表', this.textOf(bo, 'calledDecisionId'), this.catalogue.decisions,
      (value) => this.extend(element, 'calledDecisionId', value ? this.any('calledDecisionId', { $body: value }) : null)));
    if (is(bo, 'bpmn:CallActivity')) rows.push(this.select('called', '调用的流程', bo.calledElement, this.catalogue.processes, set('calledElement')));
    if (is(bo, 'bpmn:SequenceFlow')) rows.push(...this.flow(element, bo));
    for (const definition of bo.eventDefinitions || []) rows.push(...this.event(element, definition));
    if (is(bo, 'bpmn:BoundaryEvent')) rows.push(this.check('cancels', '中断所附的任务', bo.cancelActivity !== false,
      (value) => this.modeling.updateProperties(element, { cancelActivity: value })));
    const note = bo.get('documentation')?.[0];
    rows.push(this.input('documentation', '说明', note?.text, (value) => this.modeling.updateProperties(element, {
      documentation: value ? [this.bpmnFactory.create('bpmn:Documentation', { text: value })] : [] })));
    return rows;
  }

  userTask(element, bo) {
    const act = this.catalogue.tasks[bo.id];
    const said = this.properties(bo);
    const set = (name) => (value) => this.setProperty(element, name, value);
    const roles = this.catalogue.roles.filter(({ value }) => !act || act.roles.includes(value));
    const others = this.elementRegistry.filter((other) => is(other, 'bpmn:UserTask') && other !== element).map(({ id }) => id);
    const rows = [
      this.select('actorRole', '办理人', said.actorRole, roles, set('actorRole')),
      this.select('formKey', '表单', said.formKey, this.catalogue.forms, set('formKey')),
      this.select('status', '申请状态', said.status, this.catalogue.statuses, set('status')),
      this.select('differentFrom', '不得与此任务为同一人', said.differentFrom, others, set('differentFrom')),
    ];
    if (!act) return rows;
    const gives = act.gives.join(' ');
    if (gives) rows.push(this.check('gives', `给出变量 ${gives}`, said.gives === gives, (value) => this.setProperty(element, 'gives', value ? gives : '')));
    return rows;
  }

  serviceTask(element, bo) {
    const operator = this.extension(bo, 'serviceTaskOperator');
    const named = operator?.id || '';
    const declared = this.catalogue.operations[named];
    const said = Object.fromEntries((operator?.$children?.[0]?.$children || []).map(({ id, value }) => [id, value]));
    const write = (id, values, result) => this.extend(element, 'serviceTaskOperator', id ? this.operator(id, values, result) : null);
    const rows = [this.select('operation', '操作', named, Object.keys(this.catalogue.operations), (value) => write(value, {}, undefined))];
    if (!declared) return rows;
    for (const name of declared.parameters) {
      const set = (value) => write(named, { ...said, [name]: value }, operator.resultVariable);
      const words = declared.words[name];
      rows.push(words ? this.select(`parameter-${name}`, `参数 ${name}`, said[name], words.map((word) => ({ value: `"${word}"`, label: word })), set)
        : this.input(`parameter-${name}`, `参数 ${name}`, said[name], set, this.catalogue.variables));
    }
    if (declared.result.length) rows.push(this.input('result', `结果存入变量（${declared.result.join('、')}）`, operator.resultVariable,
      (value) => write(named, said, value || undefined)));
    return rows;
  }

  operator(id, values, resultVariable) {
    const parameters = Object.entries(values).filter(([, value]) => value)
      .map(([name, value]) => this.any('parameter', { id: name, type: 'any', value }));
    const children = parameters.length ? [this.any('parameters', { $children: parameters })] : [];
    return this.any('serviceTaskOperator', { id, ...(resultVariable && { resultVariable }), ...(children.length && { $children: children }) });
  }

  flow(element, bo) {
    const rows = [];
    const source = bo.sourceRef;
    if (is(source, 'bpmn:ExclusiveGateway')) {
      rows.push(this.check('default', '默认出口', source.default === bo,
        (value) => this.modeling.updateProperties(element.source, { default: value ? bo : undefined })));
      if (source.default !== bo) rows.push(this.input('condition', '条件', bo.conditionExpression?.body, (value) => this.modeling.updateProperties(element, {
        conditionExpression: value ? this.bpmnFactory.create('bpmn:FormalExpression', { body: value }) : undefined }), this.catalogue.variables));
    }
    return rows;
  }

  event(element, definition) {
    if (is(definition, 'bpmn:TimerEventDefinition')) {
      const name = definition.timeDate ? 'timeDate' : 'timeDuration';
      const periods = this.catalogue.periods.map((period) => `deadline("${period}")`);
      return [this.input('timer', '时间（带引号的时长，或者 deadline("…")、days(…)）', definition[name]?.body, (value) =>
        this.modeling.updateModdleProperties(element, definition, { [name]: this.bpmnFactory.create('bpmn:FormalExpression', { body: value }) }), periods)];
    }
    if (is(definition, 'bpmn:MessageEventDefinition')) return [this.select('message', '消息', definition.messageRef?.name, this.catalogue.messages,
      (value) => this.refer(element, definition, 'messageRef', 'bpmn:Message', 'name', value))];
    if (is(definition, 'bpmn:ErrorEventDefinition')) {
      const codes = [...new Set(Object.values(this.catalogue.operations).flatMap(({ errors }) => errors))];
      return [this.input('error', '错误代码', definition.errorRef?.errorCode, (value) =>
        this.refer(element, definition, 'errorRef', 'bpmn:Error', 'errorCode', value), codes)];
    }
    return [];
  }

  /** Let an event point at the message or error of that name, which is made where there is none. */
  refer(element, definition, property, type, name, value) {
    const root = getBusinessObject(this.elementRegistry.getAll()[0]).$parent;
    const top = root.$type === 'bpmn:Definitions' ? root : root.$parent;
    let target = top.rootElements.find((other) => other.$type === type && other[name] === value);
    if (value && !target) {
      target = this.bpmnFactory.create(type, { [name]: value, name: value });
      target.$parent = top;
      this.modeling.updateModdleProperties(element, top, { rootElements: [...top.rootElements, target] });
    }
    this.modeling.updateModdleProperties(element, definition, { [property]: value ? target : undefined });
  }

  // -- extension elements ------------------------------------------------------------------------

  any(name, values) { return this.moddle.createAny(`spiffworkflow:${name}`, SPIFF, values); }

  extension(bo, name) {
    return (bo.extensionElements?.values || []).find(({ $type }) => $type === `spiffworkflow:${name}`);
  }

  textOf(bo, name) { return this.extension(bo, name)?.$body; }

  properties(bo) {
    return Object.fromEntries((this.extension(bo, 'properties')?.$children || []).map(({ name, value }) => [name, value]));
  }

  setProperty(element, name, value) {
    const said = { ...this.properties(getBusinessObject(element)), [name]: value };
    const children = Object.entries(said).filter(([, told]) => told).map(([key, told]) => this.any('property', { name: key, value: told }));
    this.extend(element, 'properties', children.length ? this.any('properties', { $children: children }) : null);
  }

  /** Put one extension element in the place of the one of the same name; null takes it out. */
  extend(element, name, wanted) {
    const bo = getBusinessObject(element);
    const values = (bo.extensionElements?.values || []).slice();
    const at = values.findIndex(({ $type }) => $type === `spiffworkflow:${name}`);
    if (at >= 0) values.splice(at, 1, ...(wanted ? [wanted] : []));
    else if (wanted) values.push(wanted);
    const extensions = this.bpmnFactory.create('bpmn:ExtensionElements', { values });
    for (const value of values) value.$parent = extensions;
    this.modeling.updateProperties(element, { extensionElements: values.length ? extensions : undefined });
  }

  // -- fields --------------------------------------------------------------------------------------

  row(name, label, field) {
    field.id = `panel-${name}`;
    field.name = name;
    field.disabled = !this.maySave;
    return make('div', { class: 'govuk-form-group' }, make('label', { class: 'govuk-label', for: field.id }, label), field);
  }

  input(name, label, value, set, offered = []) {
    const list = offered.length ? make('datalist', { id: `offered-${name}` }, ...offered.map((word) => make('option', { value: word }))) : null;
    const field = make('input', { class: 'govuk-input', value: text(value), autocomplete: 'off', spellcheck: 'false',
      list: list ? list.id : undefined, onchange: (event) => set(event.target.value.trim()) });
    const row = this.row(name, label, field);
    if (list) row.append(list);
    return row;
  }

  select(name, label, value, offered, set) {
    const known = options(offered);
    const strange = value && !known.some((option) => option.value === value) ? [{ value, label: `${value}（未登记）` }] : [];
    const field = make('select', { class: 'govuk-select', onchange: (event) => set(event.target.value) },
      ...[{ value: '', label: '' }, ...strange, ...known].map((option) => make('option',
        { value: option.value, selected: option.value === text(value) }, option.label)));
    return this.row(name, label, field);
  }

  check(name, label, value, set) {
    const field = make('input', { type: 'checkbox', class: 'studio__check', checked: value, onchange: (event) => set(event.target.checked) });
    return this.row(name, label, field);
  }
}
