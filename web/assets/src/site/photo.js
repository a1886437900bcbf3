// Crop the portrait in the browser and put the result back into the same file input: the server sees an ordinary upload.
// What is no picture, or has too few pixels, goes to the server as it is: it alone says what is wrong, and nothing is enlarged.
// A form that is sent while a photo is being looked at waits for it: what was chosen never leaves in the place of what is cut.
import Cropper from 'cropperjs';

const QUALITY = 0.92;
const COVERAGE = 0.8;
const STARTS = [[0xff, 0xd8, 0xff], [0x89, 0x50, 0x4e, 0x47]]; // JPEG, PNG: what the server takes; this browser may know more

function jpegOf(name) {
  return `${name.replace(/\.[^.]*$/, '') || name}.jpg`;
}

// The frame in pixels of the picture as people see it.
function framed(cropper, picture) {
  const whole = cropper.getCropperImage().getBoundingClientRect();
  const frame = cropper.getCropperSelection().getBoundingClientRect();
  const scale = picture.naturalWidth / whole.width;
  return {
    left: (frame.left - whole.left) * scale,
    top: (frame.top - whole.top) * scale,
    width: frame.width * scale,
    height: frame.height * scale,
  };
}

function jpeg(picture, part, width, height, name) {
  const canvas = document.createElement('canvas');
  // Browsers lay out in fractions of a pixel; a part that is smaller than asked stays small and is refused.
  canvas.width = Math.min(width, Math.round(part.width));
  canvas.height = Math.min(height, Math.round(part.height));
  const context = canvas.getContext('2d');
  context.fillStyle = 'white';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = 'high';
  context.drawImage(picture, part.left, part.top, part.width, part.height, 0, 0, canvas.width, canvas.height);
  // At once: `toBlob` waits until the browser is idle, and the form could be sent meanwhile.
  const [, encoded] = canvas.toDataURL('image/jpeg', QUALITY).split(',');
  const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
  return new File([bytes], jpegOf(name), { type: 'image/jpeg' });
}

function hand(input, file) {
  const transfer = new DataTransfer();
  transfer.items.add(file);
  input.files = transfer.files;
}

// Put the frame in the middle of the picture, and keep it from shrinking below the pixels that are asked.
async function frame(cropper, picture, width, height) {
  const selection = cropper.getCropperSelection();
  const image = cropper.getCropperImage();
  Object.assign(image, { rotatable: false, skewable: false });
  selection.aspectRatio = width / height;
  selection.precise = true;
  await image.$ready();
  image.$center('contain');
  const area = cropper.getCropperCanvas().getBoundingClientRect();
  const whole = image.getBoundingClientRect();
  const largest = Math.min(whole.width, whole.height * selection.aspectRatio);
  const least = () => width * (image.getBoundingClientRect().width / picture.naturalWidth);
  const wide = Math.min(largest, Math.max(largest * COVERAGE, least()));
  const high = wide / selection.aspectRatio;
  selection.$change(
    whole.left - area.left + (whole.width - wide) / 2,
    whole.top - area.top + (whole.height - high) / 2,
    wide,
    high,
  );
  selection.addEventListener('change', (event) => {
    if (event.detail.width < selection.width && event.detail.width < least() - 0.5) event.preventDefault();
  });
}

// Tell whether a file is left in the field when the dialog is closed.
async function crop(input, file, picture) {
  const [width, height] = input.dataset.photoCrop.split('x').map(Number);
  if (picture.naturalWidth < width || picture.naturalHeight < height) return true;
  const dialog = document.getElementById(`${input.name}-dialog`);
  dialog.querySelector('[data-crop-area]').replaceChildren(picture);
  const cropper = new Cropper(picture);
  const use = dialog.querySelector('[data-crop-use]');
  use.disabled = true;
  use.onclick = () => {
    const cropped = jpeg(picture, framed(cropper, picture), width, height, file.name);
    hand(input, cropped);
    const preview = document.getElementById(`${input.name}-preview`);
    preview.src = URL.createObjectURL(cropped);
    preview.hidden = false;
    dialog.close('used');
  };
  dialog.querySelector('[data-crop-cancel]').onclick = () => dialog.close('');
  dialog.returnValue = '';
  const closed = new Promise((done) => { dialog.onclose = done; });
  dialog.showModal();
  await frame(cropper, picture, width, height);
  use.disabled = false;
  await closed;
  if (dialog.returnValue !== 'used') input.value = '';
  return dialog.returnValue === 'used';
}

async function isPhoto(file) {
  const bytes = new Uint8Array(await file.slice(0, 4).arrayBuffer());
  return STARTS.some((start) => start.every((byte, at) => bytes[at] === byte));
}

async function look(input, file) {
  const picture = new Image();
  picture.src = URL.createObjectURL(file);
  picture.alt = '';
  try {
    if (!await isPhoto(file)) return true;
    await picture.decode();
  } catch {
    return true; // no picture, or a folder: the server says what it is
  }
  return input.files[0] === file && crop(input, file, picture);
}

for (const input of document.querySelectorAll('[data-photo-crop]')) {
  let looking = null;
  let sending = null;
  input.addEventListener('change', async () => {
    document.getElementById(`${input.name}-preview`).hidden = true;
    const [file] = input.files;
    looking = file;
    const isReady = !file || await look(input, file);
    if (looking !== file) return; // another was chosen meanwhile
    looking = null;
    if (isReady && sending) input.form.requestSubmit(sending);
    sending = null;
  });
  input.form.addEventListener('submit', (event) => {
    if (!looking) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    sending = event.submitter;
  }, { capture: true });
}
