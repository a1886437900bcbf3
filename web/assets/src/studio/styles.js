// The editor of cells (CodeMirror) writes its styles into the page, which the policy of the page refuses. They
// come as a sheet of the script instead, as style-mod does in a shadow root.
import { StyleModule } from 'style-mod';

const { mount } = StyleModule;
const sheets = new WeakMap();

function sheetsOf(page) {
  if (!sheets.has(page)) {
    sheets.set(page, {
      ownerDocument: page,
      get adoptedStyleSheets() { return page.adoptedStyleSheets; },
      set adoptedStyleSheets(adopted) { page.adoptedStyleSheets = adopted; },
    });
  }
  return sheets.get(page);
}

if ('adoptedStyleSheets' in document) {
  StyleModule.mount = (root, modules) => mount.call(StyleModule, root === document ? sheetsOf(root) : root, modules);
}
