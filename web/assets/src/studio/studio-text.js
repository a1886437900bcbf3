// Texts of the studio: what is typed saves itself, is checked while it is typed, and is shown as it will be read.
import { Desk, button } from './desk.js';
import './desk.css';

/** Show what comes of the text as it was saved last: a document as its PDF, all else as applicants read it. */
class Preview {
  constructor(place) {
    this.place = place;
    place.addEventListener('toggle', () => this.show());
  }

  async show() {
    if (!this.place.open) return;
    const shown = this.place.querySelector('[data-shown]');
    const frame = shown.querySelector('iframe');
    if (frame) { frame.src = `${this.place.dataset.preview}?${Date.now()}`; return; }
    const answer = await fetch(this.place.dataset.preview);
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const main = page.querySelector('main');
    main?.querySelector('h1')?.remove();
    if (answer.ok && main) shown.replaceChildren(...main.childNodes);
  }
}

function open(root) {
  const text = document.getElementById('content');
  if (!text) return; // no text at all
  root.hidden = false;
  const place = document.querySelector('[data-preview]');
  const preview = place && new Preview(place);
  let isWell = true;
  const desk = new Desk(root, {
    write: async () => text.value,
    mark: (problems) => { isWell = !problems.length; },
    saved: () => { if (isWell) preview?.show(); },
  });
  desk.choose = ({ row }) => {
    const lines = text.value.split('\n');
    const from = lines.slice(0, row - 1).join('\n').length + (row > 1 ? 1 : 0);
    text.focus();
    text.setSelectionRange(from, from + (lines[row - 1] || '').length);
  };
  text.addEventListener('input', () => desk.changed());
  text.addEventListener('keydown', (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === 's') { event.preventDefault(); desk.save(); }
  });
  text.form.addEventListener('submit', async (event) => {
    desk.leave();
    if (!desk.saving) return;
    event.preventDefault(); // what is under way would make this one come second to itself
    await desk.settled();
    desk.leave();
    text.form.requestSubmit(event.submitter);
  });
  for (const value of desk.maySave ? document.querySelectorAll('[data-value]') : []) {
    value.replaceWith(button(value.textContent, () => {
      text.setRangeText(value.dataset.value, text.selectionStart, text.selectionEnd, 'end');
      text.focus();
      desk.changed();
    }, { class: 'studio__place' }));
  }
  root.dataset.ready = '';
}

for (const root of document.querySelectorAll('[data-editor="text"]')) open(root);
