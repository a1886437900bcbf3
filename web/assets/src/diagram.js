// The live diagram: what is done, where the case stands. The text list beside it says the same.
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';
import './diagram.css';

const READABLE = 0.55; // below this scale the names in the shapes cannot be read
const CLOSE = 0.85;

function centre(canvas, shape) {
  const { width, height } = canvas.viewbox();
  canvas.viewbox({ x: shape.x + shape.width / 2 - width / 2, y: shape.y + shape.height / 2 - height / 2, width, height });
}

function look(canvas, shape) {
  canvas.zoom('fit-viewport', 'auto');
  if (!shape || canvas.viewbox().scale >= READABLE) return;
  canvas.zoom(CLOSE);
  centre(canvas, shape);
}

function ids(text = '') {
  return text.split(' ').filter(Boolean);
}

/** Mark what is done and where the case stands; give the shape where it stands. */
function mark(viewer, { active, done }) {
  const canvas = viewer.get('canvas');
  const shapes = viewer.get('elementRegistry');
  for (const { id } of shapes.getAll()) for (const marker of ['is-done', 'is-active']) canvas.removeMarker(id, marker);
  for (const id of ids(done)) if (shapes.get(id)) canvas.addMarker(id, 'is-done');
  for (const id of ids(active)) if (shapes.get(id)) canvas.addMarker(id, 'is-active');
  return ids(active).map((id) => shapes.get(id)).find(Boolean);
}

const state = () => document.querySelector('[data-active]').dataset;

async function draw(root) {
  const viewer = new NavigatedViewer({ container: root.querySelector('[data-canvas]') });
  const answer = await fetch(root.dataset.diagram);
  await viewer.importXML(await answer.text());
  const canvas = viewer.get('canvas');
  let now = mark(viewer, state());
  look(canvas, now);
  for (const button of root.querySelectorAll('[data-look]')) {
    button.addEventListener('click', () => {
      if (button.dataset.look === 'whole' || !now) { canvas.zoom('fit-viewport', 'auto'); return; }
      canvas.zoom(CLOSE);
      centre(canvas, now);
    });
  }
  // The state is part of what htmx replaces when the case moves on.
  new MutationObserver(() => { now = mark(viewer, state()); })
    .observe(document.getElementById('main'), { childList: true });
  root.dataset.ready = '';
}

for (const root of document.querySelectorAll('[data-diagram]')) draw(root);
