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

async function draw(root) {
  const { active = [], done = [] } = JSON.parse(root.querySelector('script').textContent);
  const viewer = new NavigatedViewer({ container: root.querySelector('[data-canvas]') });
  const answer = await fetch(root.dataset.diagram);
  await viewer.importXML(await answer.text());
  const canvas = viewer.get('canvas');
  const shapes = viewer.get('elementRegistry');
  for (const id of done) if (shapes.get(id)) canvas.addMarker(id, 'is-done');
  for (const id of active) if (shapes.get(id)) canvas.addMarker(id, 'is-active');
  const now = active.map((id) => shapes.get(id)).find(Boolean);
  look(canvas, now);
  for (const button of root.querySelectorAll('[data-look]')) {
    button.addEventListener('click', () => {
      if (button.dataset.look === 'whole') canvas.zoom('fit-viewport', 'auto');
      else if (now) { canvas.zoom(CLOSE); centre(canvas, now); }
    });
  }
  root.dataset.ready = '';
}

for (const root of document.querySelectorAll('[data-diagram]')) draw(root);
