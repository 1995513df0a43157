import { assert } from 'chai';
import { Emitter } from '../../lib/base/emitter.js';
import type { SubscriptionEvents } from '../../lib/index.js';
import type { DialogInfo, WatchedDialog } from '../../lib/subscription/dialog-info.js';
import { dialogInfoType } from '../../lib/subscription/dialog-info.js';
import { WatchedDialogs } from '../../lib/subscription/watched-dialogs.js';
import type { DialogsChange } from '../../lib/subscription/watched-dialogs.js';
import { notifyOf, subscribed } from '../support/subscribing.js';

const nobody = { uri: undefined, displayName: undefined, target: undefined };
const dialog = (id: string, state: WatchedDialog['state'], more: Partial<WatchedDialog> = {}): WatchedDialog => ({
  id,
  state,
  event: undefined,
  code: undefined,
  direction: undefined,
  callId: undefined,
  localTag: undefined,
  remoteTag: undefined,
  local: nobody,
  remote: nobody,
  ...more,
});

/** The documents of these tests are what a reader makes of XML: that is tested in browsers, which have a DOMParser. */
const read = (text: string): DialogInfo => JSON.parse(text) as DialogInfo;

interface Stage {
  readonly watched: WatchedDialogs;
  readonly changes: DialogsChange[];
  readonly full: (version: number, ...dialogs: WatchedDialog[]) => void;
  readonly partial: (version: number, ...dialogs: WatchedDialog[]) => void;
  readonly emitter: Emitter<SubscriptionEvents>;
  readonly refreshes: () => number;
  readonly nothing: () => void;
  readonly subscription: { state: string };
}

function watching(): Stage {
  const emitter = new Emitter<SubscriptionEvents>();
  let count = 0;
  const refresh = (): Promise<void> => {
    count++;
    return Promise.reject(new Error('not now'));
  };
  const subscription = { state: 'active', on: emitter.on.bind(emitter), refresh, last: undefined };
  const watched = new WatchedDialogs(subscription, read);
  const changes: DialogsChange[] = [];
  watched.on('changed', (change) => changes.push(change));
  const notify =
    (isFull: boolean) =>
    (version: number, ...dialogs: WatchedDialog[]): void => {
      const body = JSON.stringify({ version, isFull, dialogs });
      emitter.emit('notified', { contentType: dialogInfoType, body, request: {} as never });
    };
  const nothing = (): void => {
    emitter.emit('notified', { contentType: undefined, body: '', request: {} as never });
  };
  const rest = { subscription, nothing, emitter, refreshes: () => count };
  return { watched, changes, full: notify(true), partial: notify(false), ...rest };
}

describe('the calls of somebody (RFC 4235 §4.3)', () => {
  it('PRES-2: unknown, idle, ringing, busy, idle', () => {
    const { watched, changes, full, partial } = watching();
    assert.equal(watched.status, 'unknown');
    full(0);
    assert.equal(watched.status, 'idle');
    partial(1, dialog('a', 'early', { direction: 'recipient', remote: { ...nobody, uri: 'sip:carol@example.com' } }));
    assert.equal(watched.status, 'ringing');
    partial(2, dialog('a', 'confirmed'));
    assert.equal(watched.status, 'busy');
    assert.equal(watched.dialogs[0]!.remote.uri, 'sip:carol@example.com', 'what is not said again is as it was');
    assert.equal(watched.dialogs[0]!.direction, 'recipient');
    partial(3, dialog('a', 'terminated', { event: 'remote-bye' }));
    assert.equal(watched.status, 'idle');
    assert.deepEqual(watched.dialogs, []);
    assert.include(changes.at(-1)!.ended[0], { id: 'a', event: 'remote-bye' });
    assert.equal(changes.at(-1)!.ended[0]!.remote.uri, 'sip:carol@example.com');
    assert.deepEqual(
      changes.map(({ status }) => status),
      ['idle', 'ringing', 'busy', 'idle'],
    );
  });

  it('RFC 6665 §4.2.1.2: a notifier that knows of nothing says nothing at first: idle, unless it has not let us in', () => {
    const { watched, changes, nothing, full, emitter, subscription } = watching();
    subscription.state = 'pending';
    nothing();
    assert.equal(watched.status, 'unknown');
    subscription.state = 'active';
    nothing();
    nothing();
    assert.equal(watched.status, 'idle');
    assert.lengthOf(changes, 1);
    full(3, dialog('a', 'confirmed'));
    nothing();
    assert.equal(watched.status, 'busy', 'later it is no news');
    emitter.emit('stateChanged', { state: 'subscribing' } as never);
    nothing();
    assert.equal(watched.status, 'idle', 'another notifier, which has forgotten all');
  });

  it('who calls somebody is busy, and who is called while talking, too', () => {
    const { watched, full } = watching();
    full(0, dialog('a', 'trying', { direction: 'initiator' }));
    assert.equal(watched.status, 'busy');
    full(1, dialog('a', 'confirmed', { direction: 'recipient' }), dialog('b', 'early', { direction: 'recipient' }));
    assert.equal(watched.status, 'busy');
  });

  it('full state takes the place of all there was, partial state of what it names', () => {
    const { watched, full, partial } = watching();
    full(0, dialog('a', 'confirmed'), dialog('b', 'confirmed'));
    partial(1, dialog('c', 'early'));
    assert.deepEqual(
      watched.dialogs.map(({ id }) => id),
      ['a', 'b', 'c'],
    );
    full(2, dialog('b', 'confirmed'));
    assert.deepEqual(
      watched.dialogs.map(({ id }) => id),
      ['b'],
    );
  });

  it('PRES-2: a version that is left out asks for all there is, by a refresh; full state needs none', () => {
    const { watched, full, partial, refreshes } = watching();
    full(0);
    partial(1, dialog('a', 'early'));
    assert.equal(refreshes(), 0);
    partial(3, dialog('a', 'confirmed'));
    assert.equal(refreshes(), 1);
    assert.equal(watched.dialogs[0]!.state, 'confirmed', 'and is taken all the same');
    full(7, dialog('a', 'confirmed'));
    partial(8, dialog('a', 'terminated'));
    assert.equal(refreshes(), 1);
  });

  it('partial state before any full one: so, too', () => {
    const { partial, refreshes } = watching();
    partial(0, dialog('a', 'early'));
    assert.equal(refreshes(), 1);
  });

  it('an old version is discarded; a notifier that does not count is heard while it says all', () => {
    const { watched, full, partial, changes } = watching();
    full(4, dialog('a', 'confirmed'));
    full(3);
    partial(4, dialog('a', 'terminated'));
    assert.equal(watched.status, 'busy');
    assert.lengthOf(changes, 1);
    full(4);
    assert.equal(watched.status, 'idle');
  });

  it('S15: another subscription counts anew', () => {
    const { watched, full, emitter } = watching();
    full(41, dialog('a', 'confirmed'));
    const change = { previous: 'active', reason: 'x', status: 481, retryAt: undefined } as const;
    emitter.emit('stateChanged', { ...change, state: 'subscribing' });
    full(0);
    assert.equal(watched.status, 'idle');
  });

  it('other content is left alone', () => {
    const { watched, emitter } = watching();
    emitter.emit('notified', { contentType: 'text/plain', body: 'hello', request: {} as never });
    assert.equal(watched.status, 'unknown');
  });

  it('PRES-2: on a subscription: what was told before counts, a gap is a SUBSCRIBE in the dialog', async () => {
    const { server, subscribe, subscription } = await subscribed({ event: 'dialog', accept: dialogInfoType });
    const body = (version: number, isFull: boolean): string =>
      JSON.stringify({ version, isFull, dialogs: [dialog('a', 'confirmed')] });
    server.send(notifyOf(subscribe, { sequence: 2, contentType: dialogInfoType, body: body(0, true) }));
    await server.response(200);
    const watched = new WatchedDialogs(subscription, read);
    assert.equal(watched.status, 'busy');
    server.send(notifyOf(subscribe, { sequence: 3, contentType: dialogInfoType, body: body(2, false) }));
    await server.response(200);
    const refresh = await server.request('SUBSCRIBE');
    assert.match(refresh.headers.find(({ name }) => name === 'To')!.value, /;tag=peer/);
  });
});
