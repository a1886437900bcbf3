// <form data-autosave="/…/form/draft">: what is typed is kept as it is typed, and [data-autosave-told] says so.
// Where nothing answers, data-away is said. Files wait for a button; what another window has kept meanwhile is not overwritten.
const PAUSE = 1500;

for (const form of document.querySelectorAll('[data-autosave]')) {
  const place = form.querySelector('[data-autosave-told]');
  let timer, running = false, again = false, over = false;

  async function keep() {
    if (over) return;
    if (running) { again = true; return; }
    running = true;
    const typed = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (typeof value === 'string') typed.append(name, value);
    try {
      const answer = await fetch(form.dataset.autosave, { method: 'POST', body: typed, redirect: 'manual', headers: { 'HX-Request': 'true' } });
      const told = await answer.json();
      place.textContent = told.text;
      if (told.draft) form.elements.namedItem('draft').value = told.draft;
      else over = true;
    } catch {
      place.textContent = form.dataset.away;
    }
    running = false;
    if (again) { again = false; keep(); }
  }

  form.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(keep, PAUSE); });
  form.addEventListener('submit', () => { clearTimeout(timer); over = true; });
}
