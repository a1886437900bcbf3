// The picture of a case is fetched when it is opened, and not before.
function open({ target }) {
  if (!target.open || target.dataset.asked) return;
  target.dataset.asked = '';
  const style = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: target.dataset.style });
  style.addEventListener('load', () => import(target.dataset.script));
  document.head.append(style);
}

for (const root of document.querySelectorAll('[data-diagram]')) root.addEventListener('toggle', open);
