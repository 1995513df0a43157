// Turns TypeScript into what a page can load, without a build step: one module with all that it imports.
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import nodeResolve from '@rollup/plugin-node-resolve';
import { rollup } from 'rollup';
import type { Plugin } from 'rollup';
import ts from 'typescript';

const compilerOptions: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  verbatimModuleSyntax: true,
};

/** The types are stripped, not checked. */
export function transpile(source: string): string {
  return ts.transpileModule(source, { compilerOptions }).outputText;
}

const typescript: Plugin = {
  name: 'transpile',
  resolveId(id, importer) {
    if (!importer || !/^\..*\.js$/.test(id)) return null;
    const path = resolve(dirname(importer), id).replace(/\.js$/, '.ts');
    return existsSync(path) ? path : null;
  },
  transform(code, id) {
    return id.endsWith('.ts') ? { code: transpile(code), map: null } : null;
  },
};

/** One ES module. */
export async function bundle(input: string): Promise<string> {
  const build = await rollup({ input, plugins: [typescript, nodeResolve({ browser: true })] });
  const { output } = await build.generate({ format: 'es', inlineDynamicImports: true });
  await build.close();
  return output[0].code;
}
