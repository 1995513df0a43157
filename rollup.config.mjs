// Builds dist/: ES modules that share their chunks, script-tag bundles with the global `Evercall`, types, and a manifest of SRI hashes.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import commonjs from '@rollup/plugin-commonjs';
import nodeResolve from '@rollup/plugin-node-resolve';
import terser from '@rollup/plugin-terser';
import typescript from '@rollup/plugin-typescript';
import { dts } from 'rollup-plugin-dts';

const { name, version, license } = JSON.parse(readFileSync('package.json', 'utf8'));
const banner = `/*! ${name} ${version} | ${license} */`;

/** Entry points of the package by the name of their file in dist/. */
const entries = Object.fromEntries(
  Object.entries({
    evercall: 'lib/index.ts',
    parser: 'lib/parser/index.ts',
    elements: 'lib/elements/index.ts',
    storage: 'lib/storage/idb-storage.ts',
    'dial-plan': 'lib/account/dial-plan.ts',
    'dialog-info': 'lib/subscription/watched-dialogs.ts',
    'audio-worklet': 'lib/audio/worklet-module.ts',
  }).filter(([, path]) => existsSync(path)),
);

/** A warning is an error: above all a circular or an unresolved import. */
const onLog = (level, log, handler) => handler(level === 'warn' ? 'error' : level, log);

/** As package.json says of our own modules; what is not used of one is left out. Entries that do something are not among them. */
const treeshake = { moduleSideEffects: (id) => !/\/lib\/(?!elements|audio\/worklet)/.test(id) };

/** Compiles lib/ and resolves packages into the bundle. The lint checks the types, so that no bundle does it again. */
export const compile = (tsconfig = 'tsconfig.build.json') => [
  nodeResolve({ browser: true }),
  commonjs(),
  typescript({ tsconfig, noEmit: false, declaration: false, noCheck: true, noForceEmit: true, filterRoot: false }),
];

const minify = () => terser({ ecma: 2020, compress: { passes: 2 } });

const cleanFirst = (folder) => ({
  name: 'clean-first',
  buildStart: () => rmSync(folder, { recursive: true, force: true }),
});

/** Modules made of text: `virtual({ name: source })`. */
export const virtual = (modules) => ({
  name: 'virtual',
  resolveId: (id) => (Object.hasOwn(modules, id) ? id : null),
  load: (id) => modules[id] ?? null,
});

const sriManifest = (folder) => ({
  name: 'sri-manifest',
  closeBundle() {
    const scripts = readdirSync(folder, { recursive: true }).filter((path) => path.endsWith('.js'));
    const hash = (path) =>
      `sha384-${createHash('sha384')
        .update(readFileSync(join(folder, path)))
        .digest('base64')}`;
    const manifest = Object.fromEntries(scripts.sort().map((path) => [path, hash(path)]));
    writeFileSync(join(folder, 'sri.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  },
});

const script = (input, file, plugins = []) => ({
  input,
  treeshake,
  onLog,
  plugins: [...plugins, ...compile(), minify()],
  output: { file, format: 'iife', name: 'Evercall', banner, sourcemap: true, inlineDynamicImports: true },
});

const withAdapter = virtual({
  'evercall-with-adapter': `import 'webrtc-adapter';\nexport * from '${join(import.meta.dirname, 'lib/index.ts')}';`,
});

/** What is imported statically by a module, and by all of that. */
function closure(ids, getModuleInfo, found = new Set()) {
  for (const id of ids) {
    if (found.has(id)) continue;
    found.add(id);
    closure(getModuleInfo(id)?.importedIds ?? [], getModuleInfo, found);
  }
  return found;
}

/** What calls are made of is one file, `calls`: it is fetched whole, ahead of the first. */
function withCalls() {
  let calls;
  return (id, { getModuleIds, getModuleInfo }) => {
    if (!calls) {
      const all = [...getModuleIds()];
      const atOnce = closure(
        all.filter((each) => getModuleInfo(each).isEntry),
        getModuleInfo,
      );
      calls = closure(
        all.filter((each) => each.endsWith('lib/user-agent/parts.ts')),
        getModuleInfo,
      );
      for (const each of atOnce) calls.delete(each);
    }
    return calls.has(id) ? 'calls' : undefined;
  };
}

/** What a page loads that imports the library as an ES module, to be weighed: in a folder of its own what comes on demand. */
const weighed = {
  input: entries.evercall,
  preserveEntrySignatures: 'allow-extension', // as in a page's own bundle, whose parts share what they need
  treeshake,
  onLog,
  plugins: [cleanFirst('build/size'), ...compile(), minify()],
  output: {
    dir: 'build/size',
    format: 'es',
    sourcemap: true,
    manualChunks: withCalls(),
    onlyExplicitManualChunks: true,
    // `index` is what the entry needs at once, `calls` what calls are made of, with what only they read of messages
    chunkFileNames: ({ name, moduleIds }) => {
      const isOfCalls = name === 'calls' || moduleIds.every((id) => id.includes('/lib/parser/'));
      return `${name === 'index' ? '' : isOfCalls ? 'calls/' : 'on-demand/'}[name].js`;
    },
  },
};

export default [
  {
    input: entries,
    treeshake,
    onLog,
    plugins: [cleanFirst('dist'), ...compile()],
    output: {
      dir: 'dist',
      format: 'es',
      banner,
      sourcemap: true,
      manualChunks: withCalls(),
      onlyExplicitManualChunks: true,
      chunkFileNames: 'chunks/[name]-[hash].js',
    },
  },
  ...(entries.evercall
    ? [
        script(entries.evercall, 'dist/evercall.iife.js'),
        script('evercall-with-adapter', 'dist/evercall.adapter.iife.js', [withAdapter]),
        weighed,
      ]
    : []),
  ...(entries.parser
    ? [
        {
          input: entries.parser,
          onLog,
          plugins: [cleanFirst('lib/parser/dist'), ...compile(), minify()],
          output: { file: 'lib/parser/dist/index.js', format: 'es', sourcemap: true },
        },
        {
          input: entries.parser,
          onLog,
          plugins: [dts()],
          output: { file: 'lib/parser/dist/index.d.ts', format: 'es' },
        },
      ]
    : []),
  {
    input: Object.fromEntries(Object.entries(entries).filter(([entry]) => entry !== 'audio-worklet')), // it has no types
    onLog,
    plugins: [dts(), sriManifest('dist')],
    output: { dir: 'dist', format: 'es', chunkFileNames: 'chunks/[name]-[hash].d.ts' },
  },
];
