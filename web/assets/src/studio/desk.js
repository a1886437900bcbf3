// What all editors of the studio share: saving by itself, the check, the list of problems.

const CHECK_MS = 400;
const SAVE_MS = 3000;
const read = (id) => JSON.parse(document.getElementById(id).textContent);

export const catalogue = () => read('catalogue');

export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.filter((child) => child !== undefined && child !== null));
  return node;
}

export function button(text, onclick, attributes = {}) {
  return make('button', { type: 'button', class: 'govuk-button govuk-button--secondary', ...attributes, onclick }, text);
}

/** Save by itself what `write()` gives, tell who was faster, and hand the problems to `mark`. */
export class Desk {
  constructor(root, { write, mark, saved }) {
    Object.assign(this, { root, write, mark, saved, seen: root.dataset.seen, timers: {}, saving: false, isChanged: false });
    this.said = root.querySelector('[data-said]');
    this.maySave = 'maySave' in root.dataset;
    this.show(read('marks'));
    window.addEventListener('beforeunload', (event) => { if (this.isChanged) event.preventDefault(); });
  }

  changed() {
    if (!this.maySave) return;
    this.isChanged = true;
    this.say('有修改还没有保存');
    this.later('check', CHECK_MS);
    this.later('save', SAVE_MS);
  }

  /** The page's own form takes over: nothing is sent beside it, and it warns nobody. */
  leave() {
    this.isChanged = false;
    for (const timer of Object.values(this.timers)) clearTimeout(timer);
  }

  /** Wait until nothing is being saved. */
  async settled() {
    while (this.saving) await this.underWay.catch(() => {});
  }

  later(what, delay) {
    clearTimeout(this.timers[what]);
    this.timers[what] = setTimeout(() => this[what](), delay);
  }

  say(text) { this.said.textContent = text; }

  async send(address, mayRenew = true) {
    const body = new FormData(); // a file is sent as it is: nothing of it is to be spelt out and read again
    body.set('drawn', new Blob([await this.write()]));
    body.set('seen', this.seen);
    body.set('csrf_token', this.root.dataset.token);
    const answer = await fetch(address, { method: 'POST', body, headers: { Accept: 'application/json' } });
    if (answer.status === 413) throw new Error('没有保存，内容仍在本页：文件超过1 MB。请拆分，或者删除不需要的内容。');
    if (!(answer.headers.get('Content-Type') || '').startsWith('application/json')) {
      if (mayRenew && await this.renew()) return this.send(address, false);
      throw new Error('没有保存，内容仍在本页：登录可能已经结束，或者服务暂时中断。请在新窗口登录后再保存。');
    }
    const told = await answer.json();
    if (!answer.ok) throw new Error(told.text);
    return told;
  }

  /** Take over the token of a session that began in another window: the page itself says it to whoever is signed in. */
  async renew() {
    const answer = await fetch(location.href);
    const shown = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('[data-editor]');
    if (shown) this.root.dataset.token = shown.dataset.token;
    return Boolean(shown);
  }

  async check() {
    try { this.show((await this.send(this.root.dataset.check)).problems); } catch (error) { this.say(error.message); }
  }

  async save() {
    if (this.saving) { this.later('save', SAVE_MS); return; }
    clearTimeout(this.timers.save);
    this.saving = true;
    this.isChanged = false;
    try {
      this.underWay = this.send(this.root.dataset.save);
      const told = await this.underWay;
      this.seen = told.number;
      for (const field of document.querySelectorAll('input[name="seen"]')) field.value = told.number;
      this.show(told.problems, told.too_much);
      this.say(`已保存（第${told.number}次）`);
      this.saved?.();
    } catch (error) {
      this.isChanged = true;
      this.say(error.message);
    } finally { this.saving = false; }
  }

  show(problems, tooMuch = '') {
    const own = problems.filter(({ file }) => file === this.root.dataset.path);
    const others = problems.length - own.length;
    const place = document.querySelector('[data-problems]');
    const items = own.map((problem) => make('li', {},
      problem.row ? make('button', { type: 'button', class: 'studio__place', onclick: () => this.choose?.(problem) }, `第${problem.row}行`) : null,
      problem.row && problem.element ? `（${problem.element}）` : null,
      problem.element && !problem.row ? make('button', { type: 'button', class: 'studio__place', onclick: () => this.choose?.(problem) }, problem.element) : null,
      ` ${problem.text}。${problem.remedy} `, make('code', { class: 'fault-code' }, problem.code)));
    place.replaceChildren(
      make('h2', { class: 'govuk-heading-s' }, own.length ? `本文件有${own.length}处问题` : '本文件没有发现问题'),
      make('ul', { class: 'govuk-list govuk-list--bullet' }, ...items),
      ...(others || tooMuch ? [make('p', { class: 'govuk-body' }, tooMuch || `其他文件还有${others}处问题`)] : []));
    this.mark(own);
  }
}

export function download(name, content, type) {
  const href = URL.createObjectURL(new Blob([content], { type }));
  make('a', { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 1000);
}
