// The published ES modules, evaluated in the browser as a page evaluates them.
import { assert } from 'chai';

/** Loads a built module anew, with every door out of the module watched. */
async function watchedImport(path: string): Promise<{ exports: object; touched: string[] }> {
  const touched: string[] = [];
  const scope = globalThis as unknown as Record<string, unknown>;
  const doors = [
    'setTimeout',
    'setInterval',
    'WebSocket',
    'RTCPeerConnection',
    'AudioContext',
    'Worker',
    'fetch',
    'addEventListener',
  ];
  const before = new Map(doors.map((door) => [door, scope[door]]));
  for (const door of doors) {
    scope[door] = function watched(...args: unknown[]): unknown {
      touched.push(door);
      return Reflect.apply(before.get(door) as () => unknown, globalThis, args) as unknown;
    };
  }
  const names = new Set(Object.getOwnPropertyNames(globalThis));
  try {
    const exports = (await import(`${path}?fresh=${String(performance.now())}`)) as object;
    for (const name of Object.getOwnPropertyNames(globalThis)) if (!names.has(name)) touched.push(`global ${name}`);
    return { exports, touched };
  } finally {
    for (const [door, value] of before) scope[door] = value;
  }
}

describe('the ES modules in dist/', () => {
  it('evercall.js evaluates without doing any work', async () => {
    const { exports, touched } = await watchedImport('/base/dist/evercall.js');
    assert.property(exports, 'UserAgent');
    assert.deepEqual(touched, []);
  });

  it('storage.js evaluates without doing any work', async () => {
    const { exports, touched } = await watchedImport('/base/dist/storage.js');
    assert.property(exports, 'idbStorage');
    assert.deepEqual(touched, []);
  });

  it('parser.js evaluates without doing any work, and parses', async () => {
    const { exports, touched } = await watchedImport('/base/dist/parser.js');
    assert.deepEqual(touched, []);
    const { parseMessage } = exports as { parseMessage: (text: string) => { status?: number } };
    assert.equal(parseMessage('SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n').status, 200);
  });
});
