// <dialog data-session-left="1800">: two minutes before the sign-in ends it asks whether to stay.
const WARNING = 120;
const dialog = document.querySelector('dialog[data-session-left]');

async function left(method) {
  const address = method === 'POST' ? '/sessions/stay' : '/sessions/left?by=page';
  const body = method === 'POST' ? new URLSearchParams({ csrf_token: dialog.dataset.token }) : undefined;
  const answer = await fetch(address, { method, body, redirect: 'manual' });
  return (await answer.json()).left;
}

function wait(seconds) {
  // Another tab may have been used meanwhile: whoever warns asks first.
  setTimeout(look, Math.max(1, seconds - WARNING) * 1000);
}

async function look() {
  const seconds = await left('GET').catch(() => 0);
  if (seconds > WARNING) { wait(seconds); return; }
  if (!dialog.open) dialog.showModal();
}

if (dialog) {
  wait(Number(dialog.dataset.sessionLeft));
  dialog.querySelector('[data-stay]').addEventListener('click', async () => {
    dialog.close();
    const seconds = await left('POST').catch(() => 0);
    if (seconds > WARNING) wait(seconds);
  });
}
