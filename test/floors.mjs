// Fails when a file of lib/ imports upward, sideways or in a circle, or names a browser global outside of that global's one door.
// Usage: node test/floors.mjs [folder]
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import ts from 'typescript';

const floors = [
  ['parser', 'base'],
  ['transport', 'network'],
  ['transaction'],
  ['core'],
  ['session', 'registration', 'subscription', 'media'],
  ['call'],
  ['account'],
  ['audio'], // loaded on demand
  ['user-agent'],
  [''], // index.ts
  ['elements', 'storage'], // entries of their own: nobody imports them
];
const closed = ['parser', 'base']; // they import no package either

/** What may be named where: fully qualified global, the folders and files that are its doors. */
const doors = [
  [
    /^((set|clear)(Timeout|Interval|Immediate)|requestAnimationFrame|performance|DateConstructor\.now)$/,
    'base/clock.ts',
  ],
  [/^reportError$/, 'base/emitter.ts'],
  [/^crypto$/, 'base/random.ts'],
  [/^console$/, 'base/log.ts'],
  [/^WebSocket$/, 'transport/websocket-connection.ts'],
  [/^(window|document)$/, 'network/', 'audio/environment.ts'],
  [/^navigator$/, 'network/', 'media/environment.ts', 'audio/environment.ts'],
  [
    /^(Navigator\.mediaDevices|MediaDevices\.getUserMedia|RTCPeerConnection|AudioContext|MediaStream)$/,
    'media/',
    'audio/environment.ts',
  ],
  [/^(indexedDB|IDB\w+)$/, 'storage/'],
  [/^DOMParser$/, 'subscription/dialog-info.ts'],
  [/^(localStorage|sessionStorage|Math\.random)$/],
];

const lib = resolve(process.argv[2] ?? 'lib');
const skipped = new Set(['dist', 'node_modules', 'test']);
const files = readdirSync(lib, { recursive: true })
  .map((path) => path.split(sep).join('/'))
  .filter(
    (path) => /\.[cm]?ts$/.test(path) && !path.endsWith('.d.ts') && !path.split('/').some((part) => skipped.has(part)),
  );
const problems = files.length ? [] : [`${lib}: no source files`];

const folderOf = (path) => (path.includes('/') ? path.slice(0, path.indexOf('/')) : '');
const floorOf = (folder) => floors.findIndex((floor) => floor.includes(folder));

function checkImport(file, specifier) {
  const from = folderOf(file);
  if (!specifier.startsWith('.')) {
    if (specifier === 'idb-keyval' && from !== 'storage') return 'imports idb-keyval, whose door is storage/';
    return closed.includes(from) ? `${from}/ imports no package: ${specifier}` : undefined;
  }
  const path = relative(lib, join(lib, dirname(file), specifier))
    .split(sep)
    .join('/');
  if (path.startsWith('..')) return `imports from outside of lib/: ${specifier}`;
  const to = folderOf(path);
  if (to === from || (floorOf(to) >= 0 && floorOf(to) < floorOf(from))) return undefined;
  return `imports ${floorOf(to) === floorOf(from) ? 'sideways' : 'upward'}: ${specifier}`;
}

/** The global that an identifier stands for, by its declaration in a library of the platform; undefined for our own names. */
function globalName(checker, node) {
  const symbol = checker.getSymbolAtLocation(node);
  const declared = symbol?.declarations?.map((declaration) => declaration.getSourceFile().fileName) ?? [];
  if (!declared.some((name) => /\/node_modules\/(typescript\/lib\/lib\.|@types\/node\/)/.test(name))) return undefined;
  return checker.getFullyQualifiedName(symbol).replace(/^global(This)?\./, '');
}

function checkGlobal(checker, file, node) {
  const name = globalName(checker, node);
  const found = name && doors.find(([pattern]) => pattern.test(name));
  if (!found) return undefined;
  const [, ...allowed] = found;
  if (allowed.some((door) => file.startsWith(door))) return undefined;
  if (allowed.includes('network/') && file.startsWith('elements/')) return undefined; // a user interface draws on the page
  if (/^(MediaStream|AudioContext)$/.test(name) && ts.isTypeReferenceNode(node.parent)) return undefined; // a type is no use
  return `names ${name}, whose door is ${allowed.join(' or ') || 'nowhere'}`;
}

const program = ts.createProgram(
  files.map((file) => join(lib, file)),
  {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    types: [],
  },
);
const checker = program.getTypeChecker();
for (const file of files) {
  const source = program.getSourceFile(join(lib, file));
  const report = (position, problem) => {
    if (problem) problems.push(`${file}:${source.getLineAndCharacterOfPosition(position).line + 1} ${problem}`);
  };
  if (floorOf(folderOf(file)) < 0) report(0, 'is on no floor');
  for (const { fileName, pos } of ts.preProcessFile(source.text).importedFiles)
    report(pos, checkImport(file, fileName));
  const visit = (node) => {
    if (ts.isIdentifier(node)) report(node.getStart(source), checkGlobal(checker, file, node));
    ts.forEachChild(node, visit);
  };
  visit(source);
}

/** What a file needs of its own folder when it is loaded: neither types nor what is imported on demand. */
function valueImports(file) {
  const named = (clause) => (clause && ts.isNamedImports(clause) ? clause.elements : undefined);
  return program.getSourceFile(join(lib, file)).statements.flatMap((statement) => {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return [];
    const { importClause, moduleSpecifier } = statement;
    if (!moduleSpecifier?.text.startsWith('.') || statement.isTypeOnly || importClause?.isTypeOnly) return [];
    if (!importClause?.name && named(importClause?.namedBindings)?.every(({ isTypeOnly }) => isTypeOnly)) return [];
    const path = join(dirname(file), moduleSpecifier.text).split(sep).join('/').replace(/\.js$/, '.ts');
    return files.includes(path) && folderOf(path) === folderOf(file) ? [path] : [];
  });
}

const imports = new Map(files.map((file) => [file, valueImports(file)]));
const done = new Set();
function findCircle(file, path) {
  if (path.includes(file)) {
    problems.push(`${file} imports itself: ${[...path.slice(path.indexOf(file)), file].join(' → ')}`);
  } else if (!done.has(file)) {
    for (const next of imports.get(file)) findCircle(next, [...path, file]);
    done.add(file);
  }
}
for (const file of files) findCircle(file, []);

for (const problem of problems) console.log(problem);
process.exitCode = problems.length || !existsSync(lib) ? 1 : 0;
