// Ask the browser to make a passkey or to sign with one, and send its answer as a field of the form.
const ask = {
  create: (options) => navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) }),
  get: (options) => navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) }),
};

async function send(event) {
  event.preventDefault();
  const form = event.currentTarget;
  const failed = form.querySelector('[data-failed]');
  failed.hidden = true;
  try {
    const answer = await ask[form.dataset.passkey](JSON.parse(form.dataset.options));
    form.elements.credential.value = JSON.stringify(answer.toJSON());
    form.submit();
  } catch {
    failed.hidden = false; // refused by the person or the device, or unknown to this browser
  }
}

for (const form of document.querySelectorAll('[data-passkey]')) form.addEventListener('submit', send);
