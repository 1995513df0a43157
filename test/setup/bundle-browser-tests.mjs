// Bundles test/browser/**/*.test.ts, with what they import, into build/browser-tests.js for karma.
import { readdirSync } from 'node:fs';
import { rollup } from 'rollup';
import { compile, virtual } from '../../rollup.config.mjs';

const tests = readdirSync('test/browser', { recursive: true }).filter((path) => path.endsWith('.test.ts'));
const entry = tests.map((path) => `import ${JSON.stringify(`${process.cwd()}/test/browser/${path}`)};`).join('\n');
const bundle = await rollup({
  input: 'browser-tests',
  plugins: [virtual({ 'browser-tests': entry }), ...compile('tsconfig.json')],
});
await bundle.write({ file: 'build/browser-tests.js', format: 'iife', sourcemap: 'inline', inlineDynamicImports: true });
await bundle.close();
