// The editor of diagrams: bpmn-js with a palette, a menu and a panel of what the engine runs.
import Modeler from 'bpmn-js/lib/Modeler';
import minimap from 'diagram-js-minimap';
import { Desk, button, catalogue, download, make } from './desk.js';
import { keeping } from './keeping.js';
import { offers } from './offers.js';
import { Panel } from './panel.js';
import { simulate, simulation } from './simulation.js';
import { translate } from './zh.js';
import './studio-diagram.css';

const MOST_POINTS = 8000; // of a side; more is refused by some browsers

async function open(root) {
  root.hidden = false;
  const canvas = root.querySelector('[data-canvas]');
  const modeler = new Modeler({ container: canvas, additionalModules: [translate, offers, keeping, minimap, simulation] });
  try {
    await modeler.importXML(document.getElementById('content').value);
  } catch (error) {
    root.querySelector('[data-said]').textContent = '流程图打不开，没有改动。请看下面列出的问题，在源文件中改正，或者上传另一个文件。';
    canvas.hidden = true;
    root.dataset.unreadable = error.message;
    return;
  }
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
  const name = root.dataset.path.replaceAll('/', '-');
  const save = button('保存', () => desk.save(), { 'data-save-now': true });
  if (desk.maySave) tools.append(save, undo, redo);
  tools.append(
    simulate(modeler, canvas, [save, undo, redo], panel.place),
    button('整图', () => modeler.get('canvas').zoom('fit-viewport', 'auto')),
    button('原大', () => modeler.get('canvas').zoom(1)),
    button('缩略图', () => modeler.get('minimap').toggle()),
    button('导出SVG', async () => download(`${name}.svg`, (await modeler.saveSVG()).svg, 'image/svg+xml')),
    button('导出PNG', async () => download(`${name}.png`, await drawn((await modeler.saveSVG()).svg), 'image/png')));
  const able = () => { undo.disabled = !stack.canUndo(); redo.disabled = !stack.canRedo(); };
  modeler.on('commandStack.changed', () => { able(); desk.changed(); });
  able();
  root.addEventListener('keydown', (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === 's') { event.preventDefault(); desk.save(); }
  });
  for (const entry of canvas.querySelectorAll('.djs-palette .entry')) entry.title = entry.getAttribute('aria-label');
  root.dataset.ready = '';
  Object.assign(root, { modeler, panel });
}

/** Draw a picture of lines as one of points, sharp enough to be printed. */
async function drawn(svg) {
  const href = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = href;
    await image.decode();
    const scale = Math.min(2, MOST_POINTS / Math.max(image.width, image.height));
    const paper = make('canvas', { width: Math.ceil(image.width * scale), height: Math.ceil(image.height * scale) });
    const pen = paper.getContext('2d');
    pen.fillStyle = '#fff';
    pen.fillRect(0, 0, paper.width, paper.height);
    pen.drawImage(image, 0, 0, paper.width, paper.height);
    return await new Promise((done) => { paper.toBlob(done, 'image/png'); });
  } finally { URL.revokeObjectURL(href); }
}

function group(problems) {
  const told = new Map();
  for (const problem of problems) told.set(problem.element, [...(told.get(problem.element) || []), problem]);
  return told;
}

for (const root of document.querySelectorAll('[data-editor="diagram"]')) open(root);
