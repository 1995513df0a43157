// Tests of the floor lint: small made-up trees that must pass or fail.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { assert } from 'chai';

/** Lints a tree given as path → source; resolves with one complaint per line, none when it passed. */
async function lint(tree: Record<string, string>): Promise<string[]> {
  const root = await mkdtemp(join(tmpdir(), 'evercall-floors-'));
  try {
    for (const [path, source] of Object.entries(tree)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), source);
    }
    return await new Promise((resolve) => {
      execFile(process.execPath, ['test/floors.mjs', root], (error, stdout) => {
        const problems = stdout.split('\n').filter(Boolean);
        assert.equal(error?.code ?? 0, problems.length > 0 ? 1 : 0, 'the exit code tells');
        resolve(problems);
      });
    });
  } finally {
    await rm(root, { recursive: true });
  }
}

describe('the floors of lib/', function () {
  this.timeout(20_000);

  it('imports from the own folder and from lower floors pass, each global passes at its door', async () => {
    const problems = await lint({
      'base/clock.ts': 'export const now = (): number => performance.now();\nsetTimeout(now, 1);',
      'base/emitter.ts': "import { now } from './clock.js';\nreportError(now);",
      'base/random.ts': 'crypto.getRandomValues(new Uint8Array(1));',
      'base/log.ts': 'console.info(1);',
      'parser/index.ts': "export * from './message.js';",
      'parser/message.ts': 'export const message = 1;',
      'transport/websocket-connection.ts': "import '../parser/index.js';\nnew WebSocket('ws://localhost');",
      'network/network-monitor.ts': 'window.addEventListener; navigator.onLine; document.hidden;',
      'media/environment.ts': 'navigator.mediaDevices.getUserMedia; new RTCPeerConnection(); new AudioContext();',
      'call/call.ts': "import sdp from 'sdp';\nexport type Sound = MediaStream | typeof sdp;",
      'elements/softphone.ts': "import '../user-agent/user-agent.js';\ndocument.title;",
      'storage/idb-storage.ts':
        "import 'idb-keyval';\nexport const open = (): IDBOpenDBRequest => indexedDB.open('a');",
      'user-agent/user-agent.ts': "import type { Sound } from '../call/call.js';\nexport type A = Sound;",
      'index.ts': "export * from './user-agent/user-agent.js';",
    });
    assert.deepEqual(problems, []);
  });

  it('a circle of imports fails, one of types or on demand does not', async () => {
    const problems = await lint({
      'session/session.ts': "import { renegotiate } from './renegotiate.js';\nexport const session = renegotiate;",
      'session/renegotiate.ts': "import { glare } from './glare.js';\nexport const renegotiate = glare;",
      'session/glare.ts': "export { session as glare } from './session.js';",
      'media/media.ts': "import type { Track } from './track.js';\nimport { type Track as T } from './track.js';\nexport type Media = Track | T;\nexport const media = 1;", // prettier-ignore
      'media/track.ts':
        "import { media } from './media.js';\nexport type Track = typeof media;\nvoid import('./media.js');",
    });
    assert.deepEqual(problems, [
      'session/glare.ts imports itself: session/glare.ts → session/session.ts → session/renegotiate.ts → session/glare.ts',
    ]);
  });

  it('imports upward or sideways fail, in whatever form they are written', async () => {
    const problems = await lint({
      'base/clock.ts': "import '../parser/index.js';\nimport 'sdp';",
      'parser/index.ts': "export * from '../base/clock.js';\nimport 'node:fs';",
      'transport/pool.ts': "import '../network/network-monitor.js';",
      'network/network-monitor.ts': '',
      'session/session.ts': "import type { Media } from '../media/media.js';",
      'media/media.ts': "export type Media = import('../call/call.js').Call;",
      'call/call.ts': "export type Call = 1;\nvoid import('../account/account.js');",
      'account/account.ts': "export { index } from '../index.js';",
      'user-agent/account-store.ts': "import 'idb-keyval';\nimport '../storage/idb-storage.js';",
      'storage/idb-storage.ts': '',
      'elements/softphone.ts': "import '../../demo/page.js';",
      'helpers/text.ts': '',
      'index.ts': 'export const index = 1;',
    });
    assert.sameMembers(problems, [
      'base/clock.ts:1 imports sideways: ../parser/index.js',
      'base/clock.ts:2 base/ imports no package: sdp',
      'parser/index.ts:1 imports sideways: ../base/clock.js',
      'parser/index.ts:2 parser/ imports no package: node:fs',
      'transport/pool.ts:1 imports sideways: ../network/network-monitor.js',
      'session/session.ts:1 imports sideways: ../media/media.js',
      'media/media.ts:1 imports upward: ../call/call.js',
      'call/call.ts:2 imports upward: ../account/account.js',
      'account/account.ts:1 imports upward: ../index.js',
      'user-agent/account-store.ts:1 imports idb-keyval, whose door is storage/',
      'user-agent/account-store.ts:2 imports upward: ../storage/idb-storage.js',
      'elements/softphone.ts:1 imports from outside of lib/: ../../demo/page.js',
      'helpers/text.ts:1 is on no floor',
    ]);
  });

  it('J19, S19: a browser global, Math.random too, fails outside of its door, under any name it is reached by', async () => {
    const problems = await lint({
      'core/uac.ts': [
        'setTimeout(() => {}, 1);',
        'globalThis.setInterval(() => {}, 1);',
        'export const { clearTimeout: stop } = globalThis;',
        'export const at = () => performance.now();',
        'export const date = () => Date.now();',
        'reportError(1);',
        'crypto.randomUUID();',
        'console.log(1);',
        'Math.random();',
        'localStorage.clear();',
        "indexedDB.open('a');",
        'export type Socket = WebSocket;',
        'export type Peer = typeof RTCPeerConnection;',
        'new MediaStream();',
        'document.title;',
      ].join('\n'),
      'network/network-monitor.ts': 'navigator.mediaDevices;',
      'media/microphone.ts': 'navigator.onLine;',
    });
    assert.sameMembers(problems, [
      'core/uac.ts:1 names setTimeout, whose door is base/clock.ts',
      'core/uac.ts:2 names setInterval, whose door is base/clock.ts',
      'core/uac.ts:3 names clearTimeout, whose door is base/clock.ts',
      'core/uac.ts:4 names performance, whose door is base/clock.ts',
      'core/uac.ts:5 names DateConstructor.now, whose door is base/clock.ts',
      'core/uac.ts:6 names reportError, whose door is base/emitter.ts',
      'core/uac.ts:7 names crypto, whose door is base/random.ts',
      'core/uac.ts:8 names console, whose door is base/log.ts',
      'core/uac.ts:9 names Math.random, whose door is nowhere',
      'core/uac.ts:10 names localStorage, whose door is nowhere',
      'core/uac.ts:11 names indexedDB, whose door is storage/',
      'core/uac.ts:12 names WebSocket, whose door is transport/websocket-connection.ts',
      'core/uac.ts:13 names RTCPeerConnection, whose door is media/ or audio/environment.ts',
      'core/uac.ts:14 names MediaStream, whose door is media/ or audio/environment.ts',
      'core/uac.ts:15 names document, whose door is network/ or audio/environment.ts',
      'network/network-monitor.ts:1 names Navigator.mediaDevices, whose door is media/ or audio/environment.ts',
      'media/microphone.ts:1 names navigator, whose door is network/ or media/environment.ts or audio/environment.ts',
    ]);
  });

  it('strings, comments, properties and local names are not globals', async () => {
    const problems = await lint({
      'core/uac.ts': [
        '// setTimeout(); import "../call/call.js"',
        "export const text = 'localStorage, Math.random()';",
        'export const options = { WebSocket: 1, navigator: 2 };',
        'export const f = (document: string, performance: number) => [document, performance, options.navigator];',
      ].join('\n'),
    });
    assert.deepEqual(problems, []);
  });

  it('an empty tree fails: a lint that read nothing has proven nothing', async () => {
    assert.match((await lint({})).join(), /no source files/);
  });
});
