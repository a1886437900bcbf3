// Bundles src/ into ../static/dist: names carry a hash of their content, manifest.json tells which is which.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { build } from 'esbuild';
import { compile } from 'sass';

const out = '../static/dist';
const manifest = {};

function keep(name, content) {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 10);
  const file = `${basename(name, extname(name))}-${hash}${extname(name)}`;
  writeFileSync(`${out}/${file}`, content);
  manifest[name] = file;
}

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

keep('site.css', compile('src/site.scss', { style: 'compressed', loadPaths: ['node_modules'], quietDeps: true }).css);
keep('mark.svg', readFileSync('src/mark.svg'));

const { metafile } = await build({
  entryPoints: ['src/site.js', 'src/diagram.js', 'src/drawing.js', 'src/studio/studio-diagram.js', 'src/studio/studio-table.js', 'src/studio/studio-text.js'],
  outdir: out,
  bundle: true,
  splitting: true,
  format: 'esm',
  minify: true,
  target: ['chrome100', 'firefox100', 'safari15.4'],
  entryNames: '[name]-[hash]',
  chunkNames: 'chunk-[hash]',
  loader: { '.eot': 'empty', '.svg': 'empty' }, // of old browsers' icon fonts
  legalComments: 'linked',
  metafile: true,
  logLevel: 'warning',
});

/** Give the files that a built one needs before it runs, and those that they need. */
function needed(file, found = new Set()) {
  for (const { path, kind } of metafile.outputs[file].imports) {
    if (kind !== 'import-statement' || found.has(path)) continue;
    found.add(path);
    needed(path, found);
  }
  return found;
}

for (const [file, { entryPoint, cssBundle }] of Object.entries(metafile.outputs)) {
  if (!entryPoint || !file.endsWith('.js')) continue;
  const name = basename(entryPoint, '.js');
  manifest[`${name}.js`] = basename(file);
  for (const path of needed(file)) manifest[`${name}.js/${basename(path)}`] = basename(path);
  if (cssBundle) manifest[`${name}.css`] = basename(cssBundle);
}
const sorted = Object.fromEntries(Object.entries(manifest).sort());
writeFileSync(`${out}/manifest.json`, `${JSON.stringify(sorted, null, 2)}\n`);
