// Crop the portrait in the browser and put the result back into the same file input: the server sees an ordinary upload.
import Cropper from 'cropperjs';

const QUALITY = 0.92;

async function jpeg(selection, width, height) {
  const canvas = await selection.$toCanvas({ width, height });
  const blob = await new Promise((done) => { canvas.toBlob(done, 'image/jpeg', QUALITY); });
  return new File([blob], 'photo.jpg', { type: 'image/jpeg' });
}

function hand(input, file) {
  const transfer = new DataTransfer();
  transfer.items.add(file);
  input.files = transfer.files;
}

function crop(input, file) {
  const [width, height] = input.dataset.photoCrop.split('x').map(Number);
  const dialog = document.getElementById(`${input.name}-dialog`);
  const picture = new Image();
  picture.src = URL.createObjectURL(file);
  picture.alt = '';
  dialog.querySelector('[data-crop-area]').replaceChildren(picture);
  const selection = new Cropper(picture).getCropperSelection();
  selection.aspectRatio = width / height;
  selection.initialCoverage = 0.8;
  dialog.querySelector('[data-crop-use]').onclick = async () => {
    const cropped = await jpeg(selection, width, height);
    hand(input, cropped);
    const preview = document.getElementById(`${input.name}-preview`);
    preview.src = URL.createObjectURL(cropped);
    preview.hidden = false;
    dialog.close('used');
  };
  dialog.querySelector('[data-crop-cancel]').onclick = () => dialog.close('');
  dialog.onclose = () => { if (dialog.returnValue !== 'used') input.value = ''; };
  dialog.returnValue = '';
  dialog.showModal();
}

for (const input of document.querySelectorAll('[data-photo-crop]')) {
  input.addEventListener('change', () => {
    if (input.files[0]) crop(input, input.files[0]);
  });
}
