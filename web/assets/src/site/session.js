// <dialog data-session-left="1800">: two minutes before the sign-in ends it asks whether to stay, and says what came of it.
// Of its parts [data-when] one is seen: "ends", "full" (it cannot last longer), "over", or "lost" (nothing answered).
const WARNING = 120;
const dialog = document.querySelector('dialog[data-session-left]');

/** Tell how many seconds are left: 0 when the sign-in is over, none when nothing of ours answered. */
async function left(method) {
  const address = method === 'POST' ? '/sessions/stay' : '/sessions/left?by=page';
  const body = method === 'POST' ? new URLSearchParams({ csrf_token: dialog.dataset.token }) : undefined;
  try {
    const answer = await fetch(address, { method, body, redirect: 'manual' });
    return answer.type === 'opaqueredirect' ? 0 : (await answer.json()).left;
  } catch { return undefined; }
}

function after(seconds) {
  // Another tab may have been used meanwhile: whoever warns asks first.
  setTimeout(look, Math.max(1, seconds) * 1000);
}

async function look() {
  const seconds = await left('GET');
  if (seconds > WARNING) {
    dialog.close();
    after(seconds - WARNING);
  } else if (seconds === 0) {
    say('over');
  } else {
    if (!dialog.open) say('ends');
    after(Math.min(seconds ?? WARNING, WARNING));
  }
}

function say(what) {
  for (const part of dialog.querySelectorAll('[data-when]')) part.hidden = part.dataset.when !== what;
  dialog.setAttribute('aria-labelledby', `session-${what}`);
  if (!dialog.open) dialog.showModal();
  dialog.querySelector('[data-when]:not([hidden]) button').focus();
}

if (dialog) {
  after(Number(dialog.dataset.sessionLeft) - WARNING);
  dialog.querySelector('[data-stay]').addEventListener('click', async () => {
    const seconds = await left('POST');
    if (seconds > WARNING) dialog.close();
    else say(seconds === undefined ? 'lost' : seconds === 0 ? 'over' : 'full');
  });
  for (const button of dialog.querySelectorAll('[data-seen]')) button.addEventListener('click', () => dialog.close());
}
