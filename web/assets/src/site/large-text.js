// 适老化: a remembered large-text mode. The button is hidden until it can do something.
const button = document.querySelector('[data-large-text]');

function remembered() {
  try { return localStorage.getItem('large-text') === '1'; } catch { return false; }
}

function show(on) {
  document.documentElement.classList.toggle('large-text', on);
  button?.setAttribute('aria-pressed', String(on));
  try { localStorage.setItem('large-text', on ? '1' : ''); } catch { /* private mode */ }
}

if (button) {
  button.hidden = false;
  button.addEventListener('click', () => show(button.getAttribute('aria-pressed') !== 'true'));
}
show(remembered());
