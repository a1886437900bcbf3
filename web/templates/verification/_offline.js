// Checks a code (ZC1:…) and the lists of ended certificates without a network; docs/verification.md, part five, has the format.
// Whoever reads this file sees all that is done: browsers bring P-256, and SM2 (GB/T 32918.2) with SM3 (GB/T 32905) stand here.
'use strict';
(() => {
  const GIVEN = JSON.parse(document.getElementById('given').textContent);
  // Sentences are in Chinese; a file that was kept in another language brings theirs.
  const say = (text, about = {}) => (GIVEN.words[text] ?? text).replace(/\{(\w+)\}/g, (_, name) => about[name]);
  const KEYS = new Map(GIVEN.keys.map((key) => [key.kid, key]));
  const SIGNS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';
  const FEW_MINUTES = 5 * 60 * 1000;

  class Refusal extends Error {
    constructor(text) { super(say(text)); }
  }
  const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const big = (bytes) => BigInt(`0x${hex(bytes) || '0'}`);
  const bytesOf = (number) => Uint8Array.from({ length: 32 }, (_, at) => Number((number >> BigInt(8 * (31 - at))) & 255n));
  const joined = (...parts) => Uint8Array.from(parts.flatMap((part) => Array.from(part)));
  const ascii = (text) => Array.from(text, (sign) => sign.charCodeAt(0));
  const fromBase64url = (text) => Uint8Array.from(ascii(atob(text.replace(/-/g, '+').replace(/_/g, '/'))));

  // -- Base45 (RFC 9285) and COSE_Sign1 (RFC 9052), in the one form in which they are written ------

  function fromBase45(text) {
    const out = [];
    for (let at = 0; at < text.length; at += 3) {
      const group = Array.from(text.slice(at, at + 3), (sign) => SIGNS.indexOf(sign));
      const value = group.reduce((sum, digit, place) => sum + digit * 45 ** place, 0);
      const size = group.length - 1;
      const isWhole = !group.includes(-1) && size > 0 && value < 256 ** size;
      if (!isWhole) throw new Refusal('核验码不完整，或者有不属于核验码的字符。');
      if (size === 2) out.push(value >> 8);
      out.push(value & 255);
    }
    return Uint8Array.from(out);
  }

  function head(size) {
    if (size < 24) return [0x40 + size];
    if (size < 256) return [0x58, size];
    if (size < 65536) return [0x59, size >> 8, size & 255];
    return [0x5a, size >>> 24, (size >> 16) & 255, (size >> 8) & 255, size & 255];
  }

  function read(data) {
    const isNational = data[2] === 0x51;
    const start = isNational ? [0xa2, 1, 0x3a, 0, 1, 0, 0, 4, 0x48] : [0xa2, 1, 0x26, 4, 0x48];
    const end = 3 + start.length + 8;
    const kid = data.slice(end - 8, end);
    const content = joined(start, kid);
    const opening = joined([0xd2, 0x84], head(content.length), content, [0xa0]);
    const lengths = { 0x58: 2, 0x59: 3, 0x5a: 5 };
    const room = lengths[data[opening.length]] ?? 1;
    const payload = data.slice(opening.length + room, data.length - 66);
    const signature = data.slice(data.length - 64);
    const whole = joined(opening, head(payload.length), payload, [0x58, 64], signature);
    if (data.length < 66 || hex(whole) !== hex(data)) throw new Refusal('不是核验码或者名单，或者已经改动。');
    const before = joined([0x84, 0x6a], ascii('Signature1'), head(content.length), content, [0x40]);
    const signed = joined(before, head(payload.length), payload);
    return { isNational, kid: hex(kid), payload, signature, signed };
  }

  // -- SM3 and SM2 ----------------------------------------------------------------------------------

  const rotate = (word, by) => (by % 32 ? ((word << by % 32) | (word >>> (32 - (by % 32)))) >>> 0 : word >>> 0);

  function sm3(message) {
    const size = message.length;
    const blocks = new Uint8Array(Math.ceil((size + 9) / 64) * 64);
    blocks.set(message);
    blocks[size] = 0x80;
    const view = new DataView(blocks.buffer);
    view.setBigUint64(blocks.length - 8, BigInt(size) * 8n);
    let state = [0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e];
    const mix0 = (x) => (x ^ rotate(x, 9) ^ rotate(x, 17)) >>> 0;
    const mix1 = (x) => (x ^ rotate(x, 15) ^ rotate(x, 23)) >>> 0;
    for (let at = 0; at < blocks.length; at += 64) {
      const words = Array.from({ length: 16 }, (_, place) => view.getUint32(at + 4 * place));
      for (let j = 16; j < 68; j += 1) {
        words[j] = (mix1(words[j - 16] ^ words[j - 9] ^ rotate(words[j - 3], 15)) ^ rotate(words[j - 13], 7) ^ words[j - 6]) >>> 0;
      }
      let [a, b, c, d, e, f, g, h] = state;
      for (let j = 0; j < 64; j += 1) {
        const low = j < 16;
        const one = rotate((rotate(a, 12) + e + rotate(low ? 0x79cc4519 : 0x7a879d8a, j)) >>> 0, 7);
        const two = (one ^ rotate(a, 12)) >>> 0;
        const ff = low ? a ^ b ^ c : (a & b) | (a & c) | (b & c);
        const gg = low ? e ^ f ^ g : (e & f) | (~e & g);
        const up = (ff + d + two + (words[j] ^ words[j + 4])) >>> 0;
        const down = (gg + h + one + words[j]) >>> 0;
        [a, b, c, d, e, f, g, h] = [up, a, rotate(b, 9), c, mix0(down), e, rotate(f, 19), g];
      }
      state = [a, b, c, d, e, f, g, h].map((word, place) => (word ^ state[place]) >>> 0);
    }
    return Uint8Array.from(state.flatMap((word) => [word >>> 24, (word >> 16) & 255, (word >> 8) & 255, word & 255]));
  }

  const P = BigInt('0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF');
  const B = BigInt('0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93');
  const N = BigInt('0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123');
  const G = [
    BigInt('0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7'),
    BigInt('0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0'),
  ];
  const mod = (value) => ((value % P) + P) % P;

  function inverse(value) {
    let [low, high, x, y] = [mod(value), P, 1n, 0n];
    while (low > 1n) [high, low, y, x] = [low, high % low, x, y - (high / low) * x];
    return mod(x);
  }

  function added(one, two) {
    if (!one || !two) return one || two;
    const same = one[0] === two[0];
    if (same && mod(one[1] + two[1]) === 0n) return null;
    const slope = same
      ? (3n * one[0] * one[0] - 3n) * inverse(2n * one[1])
      : (two[1] - one[1]) * inverse(two[0] - one[0]);
    const x = mod(slope * slope - one[0] - two[0]);
    return [x, mod(slope * (one[0] - x) - one[1])];
  }

  function times(point, factor) {
    let sum = null;
    for (let bit = 255n; bit >= 0n; bit -= 1n) {
      sum = added(sum, sum);
      if ((factor >> bit) & 1n) sum = added(sum, point);
    }
    return sum;
  }

  function holdsSm2(key, message, signature) {
    const point = [big(fromBase64url(key.x)), big(fromBase64url(key.y))];
    const [r, s] = [big(signature.slice(0, 32)), big(signature.slice(32))];
    const t = (r + s) % N;
    if (!r || !s || r >= N || s >= N || !t) return false;
    const about = joined([0, 128], ascii('1234567812345678'), ...[P - 3n, B, ...G, ...point].map(bytesOf));
    const e = big(sm3(joined(sm3(about), message)));
    const end = added(times(G, s), times(point, t));
    return end !== null && (e + end[0]) % N === r;
  }

  async function holdsP256(key, message, signature) {
    if (!globalThis.crypto?.subtle) throw new Refusal('这个浏览器不能核验签名，请换用新版本的浏览器打开本文件。');
    const how = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
    const own = { kty: 'EC', crv: 'P-256', x: key.x, y: key.y };
    const known = await crypto.subtle.importKey('jwk', own, how, false, ['verify']);
    return crypto.subtle.verify(how, known, signature, message);
  }

  // -- what was signed ------------------------------------------------------------------------------

  async function opened(data) {
    const message = read(data);
    const key = KEYS.get(message.kid);
    if (!key) throw new Refusal('签名的公钥不在本文件中：可能是伪造的，也可能需要重新下载本文件。');
    if ((key.crv === 'SM2') !== message.isNational) throw new Refusal('签名算法与公钥不符。');
    const holds = message.isNational ? holdsSm2 : holdsP256;
    if (!(await holds(key, message.signed, message.signature))) throw new Refusal('签名不成立：内容已被改动，或者是伪造的。');
    if (key.revoked_at) throw new Refusal('签名的公钥已经吊销，请联网查验。');
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(message.payload));
  }

  const part = (number, from, to) => Number(String(number).slice(from, to));
  const day = (number) => new Date(Date.UTC(part(number, 0, 4), part(number, 4, 6) - 1, part(number, 6)))
    .toLocaleDateString(GIVEN.locale, { dateStyle: 'long', timeZone: 'UTC' });
  const inShanghai = (now) => new Date(now.getTime() + 8 * 3600 * 1000).toISOString();
  const today = (now) => Number(inShanghai(now).slice(0, 10).replaceAll('-', ''));

  async function listOf(data, now) {
    const said = await opened(data);
    if (Array.isArray(said) || typeof said.ended !== 'object') throw new Refusal('所选文件不是已终止证书名单。');
    if (new Date(said.until) < now) throw new Refusal('名单已过期，请重新下载。');
    if (new Date(said.made) - now > FEW_MINUTES) throw new Refusal('名单的制作时间晚于现在，请核对本机的时间。');
    return said;
  }

  // Gives what is said of the certificate, why it is refused (nothing: it is not), and when the lists were made.
  async function judge(text, lists, now) {
    const typed = text.trim();
    if (!typed.startsWith('ZC1:')) throw new Refusal('请输入以ZC1:开头的核验码。');
    const said = await opened(fromBase45(typed.slice(4)));
    if (!Array.isArray(said) || ![6, 8].includes(said.length)) throw new Refusal('不是证书的核验码。');
    const [number, registration, name, title, issued, end, first, last] = said;
    const facts = [['证书名称', title], ['证书编号', number], ['注册号', registration], ['姓名', name]];
    facts.push(['发证日期', day(issued)], ['有效期至', day(end)]);
    if (first) facts.push(['副本使用期', say('{first}至{last}', { first: day(first), last: day(last) })]);
    const refused = [];
    if (today(now) > end) refused.push(say('证书的有效期已过。'));
    if (first && (today(now) < first || today(now) > last)) refused.push(say('不在副本的使用期内。'));
    const made = [];
    for (const data of lists) {
      const list = await listOf(data, now);
      const gone = Object.hasOwn(list.ended, number) ? list.ended[number] : null;
      if (gone) refused.push(say('证书已终止：{x}（{x2}）。', { x: GIVEN.states[gone[0]] ?? gone[0], x2: gone[1] }));
      made.push(list.made);
    }
    return { facts, refused: [...new Set(refused)], made };
  }

  // -- the page -------------------------------------------------------------------------------------

  const out = document.getElementById('answer');
  const line = (tag, text, kind) => {
    const element = document.createElement(tag);
    element.textContent = text;
    if (kind) element.className = kind;
    out.append(element);
    return element;
  };

  async function answer() {
    out.replaceChildren();
    const files = Array.from(document.getElementById('lists').files);
    try {
      const lists = await Promise.all(files.map(async (file) => new Uint8Array(await file.arrayBuffer())));
      const { facts, refused, made } = await judge(document.getElementById('code').value, lists, new Date());
      refused.forEach((reason) => line('p', reason, 'bad'));
      if (!refused.length && made.length) line('p', say('证书由发证机关签发，内容没有改动，不在已终止证书名单中。'), 'good');
      if (!refused.length && !made.length) line('p', say('证书由发证机关签发，内容没有改动。没有选择名单，不能判断证书是否已经终止。'), 'open');
      const list = line('dl', '');
      for (const [term, value] of facts) {
        for (const [tag, textContent] of [['dt', say(term)], ['dd', value]]) {
          list.append(Object.assign(document.createElement(tag), { textContent }));
        }
      }
      const shown = { timeZone: 'Asia/Shanghai' };
      made.forEach((moment) => line('p', say('名单制作于{x}。', { x: new Date(moment).toLocaleString(GIVEN.locale, shown) })));
    } catch (error) {
      line('p', error instanceof Refusal ? error.message : say('内容无法读取，请重新扫描核验码或者重新下载名单。'), 'bad');
    }
    out.focus();
  }

  document.getElementById('ask').addEventListener('submit', (event) => {
    event.preventDefault();
    answer();
  });
  globalThis.offline = { judge, opened, listOf, fromBase45, sm3, hex };
})();
