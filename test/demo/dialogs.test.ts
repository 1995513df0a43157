// Requests within dialogs through the demo server: RFC 3261 §12.2, §16.4, §16.12, RFC 5658, and clients that come back on a new connection.
import { assert } from 'chai';
import { startLine, tagOf, valueOf, valuesOf } from './raw-client.js';
import type { RawClient } from './raw-client.js';
import { Setting } from './servers.js';

const setting = new Setting();
const bob = 'sip:bob@evercall.test';
const instance = ';+sip.instance="<urn:uuid:00000000-0000-4000-8000-000000000001>";reg-id=1';

interface Dialog {
  readonly caller: RawClient;
  readonly callee: RawClient;
  readonly invite: string;
  readonly ok: string;
}

async function established(callerIsBound = true): Promise<Dialog> {
  const caller = await (callerIsBound ? setting.registered('alice', instance) : setting.open('alice'));
  const callee = await setting.registered('bob', instance);
  await caller.authorized('INVITE', bob);
  await caller.next('SIP/2.0 100');
  const invite = await callee.next('INVITE');
  callee.respond(invite, 200);
  return { caller, callee, invite, ok: await caller.next('SIP/2.0 200') };
}

/** Of the caller: the route set is the Record-Route of the response, turned around (§12.1.2). */
function byCaller(from: RawClient, { callee, ok }: Dialog, method: string): void {
  const Route = valuesOf(ok, 'Record-Route').reverse().join('\n');
  from.request(method, callee.contact, { Route, To: valueOf(ok, 'To')!, 'Call-ID': valueOf(ok, 'Call-ID')! });
}

/** Of the callee: as it is (§12.1.1). */
function byCallee(from: RawClient, { caller, invite, ok }: Dialog, method: string): void {
  const Route = valuesOf(invite, 'Record-Route').join('\n');
  const [From, To] = [valueOf(ok, 'To')!, valueOf(invite, 'From')!];
  from.request(method, caller.contact, { Route, From, To, 'Call-ID': valueOf(ok, 'Call-ID')! });
}

describe('demo server: dialogs', () => {
  setting.hooks();

  it('ACK and requests of both sides come back through the proxy to the right connection, without Route and challenge', async () => {
    const dialog = await established(false);
    const { caller, callee } = dialog;
    byCaller(caller, dialog, 'ACK');
    const ack = await callee.next('ACK');
    assert.equal(startLine(ack), `ACK ${callee.contact} SIP/2.0`);
    assert.isUndefined(valueOf(ack, 'Route'));

    byCallee(callee, dialog, 'INFO');
    const info = await caller.next('INFO');
    assert.equal(startLine(info), `INFO ${caller.contact} SIP/2.0`);
    caller.respond(info, 200);
    await callee.next('SIP/2.0 200');

    byCaller(caller, dialog, 'BYE');
    callee.respond(await callee.next('BYE'), 200);
    await caller.next('SIP/2.0 200');
  });

  it('a re-INVITE goes the same way and records no further route (§16.6 step 4 asks it of dialogs that begin)', async () => {
    const dialog = await established();
    byCallee(dialog.callee, dialog, 'INVITE');
    await dialog.callee.next('SIP/2.0 100');
    const reinvite = await dialog.caller.next('INVITE');
    assert.isEmpty(valuesOf(reinvite, 'Record-Route'));
    dialog.caller.respond(reinvite, 200);
    await dialog.callee.next('SIP/2.0 200');
  });

  it('after a client has come back with its instance-id, requests go to its newest connection (RFC 5626 §5.3)', async () => {
    const dialog = await established();
    const closed = new Promise((resolve) => dialog.callee.socket.once('close', resolve));
    dialog.callee.close();
    await closed;
    const again = await setting.registered('bob', instance);
    byCaller(dialog.caller, dialog, 'INFO');
    const info = await again.next('INFO');
    again.respond(info, 200);
    await dialog.caller.next('SIP/2.0 200');
    byCallee(again, dialog, 'BYE');
    await dialog.caller.next('BYE');
  });

  it('so they do while the former connection still stands, and when both sides have moved twice', async () => {
    const dialog = await established();
    await setting.registered('alice', instance);
    await setting.registered('bob', instance);
    const [caller, callee] = [await setting.registered('alice', instance), await setting.registered('bob', instance)];
    byCaller(caller, dialog, 'INFO');
    await callee.next('INFO');
    byCallee(callee, dialog, 'INFO');
    await caller.next('INFO');
    assert.isEmpty(dialog.callee.unread);
  });

  it('a phone that rang on the former connection answers on the new one', async () => {
    const caller = await setting.open('alice');
    const callee = await setting.registered('bob', instance);
    await caller.authorized('INVITE', bob);
    await caller.next('SIP/2.0 100');
    const invite = await callee.next('INVITE');
    const again = await setting.registered('bob', instance);
    again.respond(invite, 200);
    await caller.next('SIP/2.0 200');
  });

  it('430 when the connection is gone and nobody has taken its place (RFC 5626 §5.3.1)', async () => {
    const dialog = await established();
    const closed = new Promise((resolve) => dialog.callee.socket.once('close', resolve));
    dialog.callee.close();
    await closed;
    dialog.caller.request('OPTIONS', 'sip:evercall.test');
    await dialog.caller.next('SIP/2.0 200');
    byCaller(dialog.caller, dialog, 'INFO');
    await dialog.caller.next('SIP/2.0 430');
  });

  it('a Contact that is registered can be called by itself; a request of a dialog without Route finds it too', async () => {
    const [alice, phone] = [await setting.open('alice'), await setting.registered('bob')];
    await alice.authorized('MESSAGE', phone.contact);
    await phone.next('MESSAGE');
    alice.request('INFO', phone.contact, { To: `<${bob}>;tag=1` });
    await phone.next('INFO');
    alice.request('INFO', 'sip:gone@away.invalid', { To: `<${bob}>;tag=1` });
    await alice.next('SIP/2.0 481');
  });

  it('a Route of a proxy that asked for nothing but itself is taken off (outbound proxy, §16.4)', async () => {
    const [alice, phone] = [await setting.open('alice'), await setting.registered('bob')];
    await alice.authorized('MESSAGE', bob, { Route: '<sip:evercall.test;lr>' });
    assert.isUndefined(valueOf(await phone.next('MESSAGE'), 'Route'));
  });

  it('every branch of a fork makes a dialog of its own (§12.1)', async () => {
    const alice = await setting.open('alice');
    const phones = [await setting.registered('bob'), await setting.registered('bob')];
    await alice.authorized('INVITE', bob);
    await alice.next('SIP/2.0 100');
    for (const phone of phones) phone.respond(await phone.next('INVITE'), 180);
    const ringing = [await alice.next('SIP/2.0 180'), await alice.next('SIP/2.0 180')];
    assert.lengthOf([...new Set(ringing.map((each) => tagOf(valueOf(each, 'To'))))], 2);
    assert.lengthOf([...new Set(ringing.map((each) => valueOf(each, 'Record-Route')))], 2);
  });
});
