// <a data-opens="id" href="…">: opens <dialog id> instead of leaving the page; without script the link leads to a page of its own.
for (const opener of document.querySelectorAll('[data-opens]')) {
  const dialog = document.getElementById(opener.dataset.opens);
  if (!dialog) continue;
  opener.addEventListener('click', (event) => {
    event.preventDefault();
    dialog.showModal();
  });
  for (const closer of dialog.querySelectorAll('[data-closes]')) {
    closer.addEventListener('click', () => dialog.close());
  }
}
for (const button of document.querySelectorAll('[data-prints]')) {
  button.hidden = false;
  button.addEventListener('click', () => window.print());
}
