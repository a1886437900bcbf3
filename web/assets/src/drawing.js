// A diagram of the studio: what it counts stands on its steps. The table beside it says the same.
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';
import './diagram.css';
import './drawing.css';

const CLOSE = 0.85;

function badge({ text, title }) {
  const element = document.createElement('span');
  element.className = 'drawing-badge';
  element.textContent = text;
  element.title = title;
  return element;
}

/** Marks: node or flow → { text, title, heat, state }, as the page has them. */
function mark(viewer, marks) {
  const [canvas, shapes, overlays] = ['canvas', 'elementRegistry', 'overlays'].map((name) => viewer.get(name));
  for (const [id, { text, title, heat, state }] of Object.entries(marks)) {
    if (!shapes.get(id)) continue;
    if (state) canvas.addMarker(id, `is-${state}`);
    if (heat) canvas.addMarker(id, `heat-${heat}`);
    if (text) overlays.add(id, { position: { top: -12, right: 12 }, html: badge({ text, title }) });
  }
  const stands = Object.keys(marks).filter((id) => ['active', 'missed'].includes(marks[id].state));
  return [...stands, ...Object.keys(marks)].map((id) => shapes.get(id)).find((shape) => shape && !shape.waypoints);
}

/** A drawing in a closed part of the page has no size yet: it is drawn when that is opened. */
function whenSeen(root) {
  const closed = root.closest('details:not([open])');
  if (!closed) { draw(root); return; }
  closed.addEventListener('toggle', () => draw(root), { once: true });
}

async function draw(root) {
  const viewer = new NavigatedViewer({ container: root.querySelector('[data-canvas]') });
  const answer = await fetch(root.dataset.drawing);
  await viewer.importXML(await answer.text());
  const canvas = viewer.get('canvas');
  const first = mark(viewer, JSON.parse(root.dataset.marks || '{}'));
  canvas.zoom('fit-viewport', 'auto');
  for (const button of root.querySelectorAll('[data-look]')) {
    button.addEventListener('click', () => {
      if (button.dataset.look === 'whole') { canvas.zoom('fit-viewport', 'auto'); return; }
      canvas.zoom(CLOSE, first ? { x: first.x, y: first.y } : 'auto');
    });
  }
  root.dataset.ready = '';
}

for (const root of document.querySelectorAll('[data-drawing]')) whenSeen(root);
