// Say at once what the server would say of a chosen file: empty, of another kind, too few pixels. The words are the
// server's, which looks at the content again.
const PHOTO = [[0xff, 0xd8, 0xff], [0x89, 0x50, 0x4e, 0x47]];

async function isOfKind(kind, file) {
  const head = new Uint8Array(await file.slice(0, 1024).arrayBuffer());
  if (kind === 'pdf') return new TextDecoder('latin1').decode(head).includes('%PDF-');
  return PHOTO.some((start) => start.every((byte, at) => head[at] === byte));
}

async function tooSmall(input, file) {
  if (!input.dataset.photoCrop) return '';
  const [wide, high] = input.dataset.photoCrop.split('x').map(Number);
  const picture = new Image();
  picture.src = URL.createObjectURL(file);
  await picture.decode();
  const known = { width: picture.naturalWidth, height: picture.naturalHeight, wide, high };
  if (known.width >= wide && known.height >= high) return '';
  return input.dataset.small.replace(/\{(\w+)\}/g, (_, name) => known[name]);
}

async function trouble(input, file) {
  if (!file.size) return input.dataset.empty;
  try {
    if (!await isOfKind(input.dataset.kind, file)) return input.dataset.wrong;
    return input.dataset.kind === 'photo' ? await tooSmall(input, file) : '';
  } catch {
    return input.dataset.wrong; // a folder, or broken
  }
}

async function look({ target }) {
  const group = target.closest('.govuk-form-group');
  group.querySelector('[data-told]')?.remove();
  for (const file of [...target.files]) {
    const text = await trouble(target, file);
    if (!text || ![...target.files].includes(file)) continue;
    const told = Object.assign(document.createElement('p'), { className: 'govuk-error-message', textContent: text });
    told.setAttribute('role', 'alert');
    told.dataset.told = '';
    group.querySelector('.govuk-label').after(told);
    return;
  }
}

for (const input of document.querySelectorAll('[data-kind]')) input.addEventListener('change', look);
