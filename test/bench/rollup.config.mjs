// Builds what is measured into build/bench/: the peers as a page would ship them, and what does not come out of dist/ by itself.
import { join } from 'node:path';
import commonjs from '@rollup/plugin-commonjs';
import nodeResolve from '@rollup/plugin-node-resolve';
import terser from '@rollup/plugin-terser';
import { compile, virtual } from '../../rollup.config.mjs';

const root = join(import.meta.dirname, '../..');
const output = (name) => join(root, 'build/bench', name);
/** JsSIP reads its name and version out of its package.json: the rest of that file stays out of its bundle. */
const json = {
  name: 'json',
  transform(code, id) {
    if (!id.endsWith('.json')) return null;
    const { title, version } = JSON.parse(code);
    return `export default ${JSON.stringify({ title, version })};`;
  },
};
const packages = (browser) => [nodeResolve({ browser, preferBuiltins: !browser }), json, commonjs()];

/** A peer as a script with a global, by the recipe of our own. */
const script = (name, file, source) => ({
  input: name,
  plugins: [virtual({ [name]: source }), ...packages(true), terser({ ecma: 2020, compress: { passes: 2 } })],
  output: { file: output(file), format: 'iife', name, inlineDynamicImports: true },
});

/** A program that prints how many milliseconds its first message takes: the one in its first argument. */
const firstMessage = (name, imports, work) => ({
  input: name,
  plugins: [
    virtual({
      [name]: `${imports}
const text = process.argv[2];
const start = performance.now();
${work}
console.log(performance.now() - start);`,
    }),
    ...packages(false),
  ],
  output: { file: output(`first-message-${name}.mjs`), format: 'es', inlineDynamicImports: true },
});

/** The parser's bench on the parser as it is shipped. */
const shippedParser = {
  name: 'shipped-parser',
  resolveId: (id, importer) =>
    id.endsWith('/lib/parser/index.js') && importer?.includes('/bench/') ? join(root, 'dist/parser.js') : null,
};

export default [
  script('JsSIP', 'jssip.iife.js', `export { UA, WebSocketInterface } from 'jssip';`),
  script('SIP', 'sipjs.iife.js', `export { UserAgent, Registerer, Inviter, SessionState } from 'sip.js';`),
  firstMessage(
    'evercall',
    `import * as sip from '${join(root, 'dist/parser.js')}';`,
    `const message = sip.parseMessage(text);
for (const codec of [sip.Via, sip.From, sip.To, sip.CallId, sip.CSeq, sip.ContentType]) sip.read(message, codec);
for (const codec of [sip.Contact, sip.RecordRoute]) sip.readAll(message, codec);`,
  ),
  firstMessage(
    'jssip',
    `import Parser from 'jssip/lib/Parser.js';`,
    `const message = Parser.parseMessage(text, {});
message.parseHeader('contact');`,
  ),
  firstMessage(
    'sipjs',
    `import { Parser } from 'sip.js/lib/core/messages/parser.js';`,
    `const message = Parser.parseMessage(text, { warn() {}, error() {} });
message.parseHeader('contact');`,
  ),
  {
    input: { 'parser.bench': join(import.meta.dirname, 'parser.bench.ts'), digest: join(root, 'lib/core/digest.ts') },
    external: [/^sip\.js/],
    plugins: [shippedParser, ...compile('tsconfig.json')],
    output: {
      dir: join(root, 'build/bench'),
      format: 'es',
      entryFileNames: '[name].mjs',
      chunkFileNames: '[name]-[hash].mjs',
    },
  },
];
