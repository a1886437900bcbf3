// The editor of diagrams: bpmn-js with a palette, a menu and a panel of what the engine runs.
import Modeler from 'bpmn-js/lib/Modeler';
import { Desk, button, catalogue, download, make } from './desk.js';
import { offers } from './offers.js';
import { Panel } from './panel.js';
import { translate } from './zh.js';
import './studio-diagram.css';

async function open(root) {
  root.hidden = false;
  const canvas = root.querySelector('[data-canvas]');
  const modeler = new Modeler({ container: canvas, additionalModules: [translate, offers] });
  await modeler.importXML(document.getElementById('content').value);
  modeler.get('canvas').zoom('fit-viewport', 'auto');
  const overlays = modeler.get('overlays');
  const registry = modeler.get('elementRegistry');
  const desk = new Desk(root, {
    write: async () => (await modeler.saveXML({ format: true })).xml,
    mark: (problems) => {
      overlays.remove({ type: 'problem' });
      const told = Map.groupBy ? Map.groupBy(problems, ({ element }) => element) : group(problems);
      for (const [id, found] of told) {
        if (!registry.get(id)) continue;
        const title = found.map(({ text, remedy }) => `${text}。${remedy}`).join('\n');
        overlays.add(id, 'problem', { position: { top: -12, right: 12 }, html: make('span', { class: 'studio__mark', title }, String(found.length)) });
      }
    },
  });
  desk.choose = ({ element }) => {
    const shape = registry.get(element);
    if (!shape) return;
    modeler.get('selection').select(shape);
    modeler.get('canvas').scrollToElement(shape);
    canvas.scrollIntoView({ block: 'nearest' });
  };
  const panel = new Panel(modeler, root.querySelector('[data-panel]'), catalogue(), desk.maySave);
  const stack = modeler.get('commandStack');
  const undo = button('撤销', () => stack.undo());
  const redo = button('重做', () => stack.redo());
  const tools = root.querySelector('[data-tools]');
  if (desk.maySave) tools.append(button('保存', () => desk.save(), { 'data-save-now': true }), undo, redo);
  tools.append(
    button('整图', () => modeler.get('canvas').zoom('fit-viewport', 'auto')),
    button('原大', () => modeler.get('canvas').zoom(1)),
    button('导出图片', async () => download(`${root.dataset.path.replaceAll('/', '-')}.svg`, (await modeler.saveSVG()).svg, 'image/svg+xml')));
  const able = () => { undo.disabled = !stack.canUndo(); redo.disabled = !stack.canRedo(); };
  modeler.on('commandStack.changed', () => { able(); desk.changed(); });
  able();
  root.addEventListener('keydown', (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === 's') { event.preventDefault(); desk.save(); }
  });
  root.dataset.ready = '';
  Object.assign(root, { modeler, panel });
}

function group(problems) {
  const told = new Map();
  for (const problem of problems) told.set(problem.element, [...(told.get(problem.element) || []), problem]);
  return told;
}

for (const root of document.querySelectorAll('[data-editor="diagram"]')) open(root);
