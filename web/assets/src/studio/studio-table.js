// The editor of decision tables: dmn-js, with the problems of the check at their rows.
import Modeler from 'dmn-js/lib/Modeler';
import { Desk, button } from './desk.js';
import { translate } from './zh.js';
import './styles.js';
import './studio-table.css';

const RULE = /第 ?(\d+) ?条规则|规则 ?(\d+)/;

async function open(root) {
  root.hidden = false;
  const canvas = root.querySelector('[data-canvas]');
  const additionalModules = [translate];
  const views = ['drd', 'decisionTable', 'literalExpression', 'boxedExpression'];
  // What is typed is there at once: who presses 【保存】 right after it loses nothing.
  const settings = { additionalModules, debounceInput: false };
  const modeler = new Modeler({ container: canvas, ...Object.fromEntries(views.map((view) => [view, settings])) });
  await modeler.importXML(document.getElementById('content').value);
  const view = modeler.getViews().find(({ type }) => type === 'decisionTable');
  if (view) await modeler.open(view);
  let problems = [];
  const mark = () => {
    const rows = [...canvas.querySelectorAll('tbody tr')];
    for (const row of rows) { row.classList.remove('is-wrong'); row.removeAttribute('title'); }
    for (const { text, remedy } of problems) {
      const found = RULE.exec(text);
      const row = found && rows[Number(found[1] || found[2]) - 1];
      if (row) { row.classList.add('is-wrong'); row.title = `${text}。${remedy}`; }
    }
  };
  const desk = new Desk(root, {
    write: async () => (await modeler.saveXML({ format: true })).xml,
    mark: (told) => { problems = told; mark(); },
  });
  canvas.querySelector('th.index-column')?.setAttribute('role', 'cell'); // an empty corner heads nothing
  const viewer = modeler.getActiveViewer();
  const stack = viewer.get('commandStack');
  if (desk.maySave) {
    root.querySelector('[data-tools]').append(button('保存', () => desk.save(), { 'data-save-now': true }),
      button('撤销', () => stack.undo()), button('重做', () => stack.redo()));
  }
  viewer.get('eventBus').on('commandStack.changed', () => { desk.changed(); requestAnimationFrame(mark); });
  root.querySelector('[data-panel]').remove();
  root.dataset.ready = '';
}

for (const root of document.querySelectorAll('[data-editor="table"]')) open(root);
