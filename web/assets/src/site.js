// Every page works without this file; here is only what makes it more comfortable.
import { initAll } from 'govuk-frontend';
import 'htmx.org';
import './site/large-text.js';
import './site/countdown.js';
import './site/dialogs.js';
import './site/autosave.js';
import './site/session.js';
import './site/diagram.js';
import './site/pictures.js';

document.body.classList.add('js-enabled', 'govuk-frontend-supported');
initAll();

if (document.querySelector('[data-kind]')) import('./site/uploads.js');
if (document.querySelector('[data-photo-crop]')) import('./site/photo.js');
if (document.querySelector('[data-passkey]')) import('./site/passkey.js');
