// Video as the app sees it: asked for, added, refused, removed; and a camera that is on only as long as it should be.
import { assert } from 'chai';
import type { EvercallError, MediaLine } from '../../lib/index.js';
import { headerValue } from '../../lib/parser/index.js';
import type { SipRequest } from '../../lib/parser/index.js';
import {
  calling,
  described,
  inDialog,
  peerCalls,
  peerOffer,
  peerVideo,
  sectionsOf,
  talking,
  talkingTo,
  towards,
} from '../support/calls.js';
import { imported as settle } from '../support/fake-clock.js';
import { peerRequest, peerSdp, toTagOf } from '../support/phone.js';
import type { Phone } from '../support/phone.js';

const withVideo = (direction = 'sendrecv', version = 1, port?: number): string =>
  peerOffer('sendrecv', version) + peerVideo(direction, port);

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'done',
    (error: unknown) => (error as EvercallError).code,
  );

async function accept({ server }: Phone, invite: SipRequest, version: number, video = ''): Promise<void> {
  server.respond(invite, 200, { headers: described, body: peerSdp('sendrecv', version) + video });
  await server.request('ACK');
}

const statuses = (media: readonly MediaLine[]): string[] =>
  media.map(({ kind, direction, status }) => `${kind} ${direction} ${status}`);

describe('video of a call', () => {
  before(async () => {
    // what is loaded on demand comes from the disk here, and no test should wait for that
    await Promise.all([
      import('../../lib/call/video.js'),
      import('../../lib/call/peer-offer.js'),
      import('../../lib/media/video-lines.js'),
    ]);
  });

  it('CALL-25: call({ video: true }) offers it behind the audio; a peer without gets an audio call, and the camera is off', async () => {
    const { call, server, media, invite } = await calling({ video: true });
    assert.deepEqual(sectionsOf(invite.body), ['audio sendrecv', 'video sendrecv']);
    server.respond(invite, 200, { headers: described, body: peerSdp() + peerVideo('inactive', 0) });
    await server.request('ACK');
    await call.answered;
    assert.deepEqual(statuses(call.media), ['audio sendrecv active', 'video inactive none']);
    assert.deepEqual(
      media.cameras.map(({ readyState }) => readyState),
      ['ended'],
    );
    assert.isUndefined(call.localVideo);
  });

  it('CALL-25: answer({ video: true }) takes what is offered; without it the answer is inactive, and no camera is asked for', async () => {
    for (const video of [true, false]) {
      const { call, server, media } = await peerCalls({}, withVideo());
      const answered = call.answer({ video });
      await server.response(180);
      const ok = await server.response(200);
      assert.deepEqual(sectionsOf(ok.body), ['audio sendrecv', video ? 'video sendrecv' : 'video inactive']);
      server.send(inDialog('ACK', ok, 1));
      await answered;
      assert.lengthOf(media.cameras, video ? 1 : 0);
      assert.equal(call.localVideo !== undefined, video);
      call.hangup();
      assert.isTrue(media.cameras.every(({ readyState }) => readyState === 'ended'));
    }
  });

  it('a camera that cannot be had fails the call before anything is sent, with a code of its own', async () => {
    const stage = await talking({}, { callPolicy: 'mix' });
    stage.media.cameraError = new DOMException('Requested device not found', 'NotFoundError');
    assert.equal(await codeOf(stage.call.addVideo()), 'cameraAbsent');
    const second = stage.account.call('bob', { video: true });
    assert.equal(await codeOf(second.answered), 'cameraAbsent');
    await stage.server.nothing();
    const third = await peerCalls({ 'Call-ID': 'call-3' }, withVideo());
    third.media.cameraError = new DOMException('Permission denied', 'NotAllowedError');
    const answered = codeOf(third.call.answer({ video: true }));
    await third.server.response(180);
    await third.server.response(480);
    assert.equal(await answered, 'cameraDenied');
  });

  it('CALL-25: addVideo() is a re-INVITE with one m-line more; removeVideo() keeps its place with port 0', async () => {
    const stage = await talking();
    const { call, server, media } = stage;
    const added = call.addVideo();
    const invite = await server.request('INVITE');
    assert.deepEqual(sectionsOf(invite.body), ['audio sendrecv', 'video sendrecv']);
    await accept(stage, invite, 2, peerVideo());
    await added;
    assert.deepEqual(statuses(call.media), ['audio sendrecv active', 'video sendrecv active']);
    assert.equal(await codeOf(call.addVideo()), 'invalidState');
    const removed = call.removeVideo();
    const second = await server.request('INVITE');
    assert.equal(media.cameras[0]!.readyState, 'ended', 'off at once');
    assert.deepEqual(sectionsOf(second.body), ['audio sendrecv', 'video 0']);
    await accept(stage, second, 3, peerVideo('inactive', 0));
    await removed;
    assert.deepEqual(statuses(call.media), ['audio sendrecv active', 'video inactive none']);
    const again = call.addVideo();
    const third = await server.request('INVITE');
    assert.deepEqual(sectionsOf(third.body), ['audio sendrecv', 'video sendrecv']);
    await accept(stage, third, 4, peerVideo('sendrecv', 50002, '1.1'));
    await again;
  });

  for (const [how, status, video] of [
    ['488', 488, undefined],
    ['port 0', 200, peerVideo('inactive', 0)],
    ['inactive', 200, peerVideo('inactive')],
  ] as const) {
    it(`J5, S1: addVideo() refused by ${how}: the call goes on, the camera is off, and the next change works`, async () => {
      const stage = await talking();
      const { call, server, media } = stage;
      const added = codeOf(call.addVideo());
      const invite = await server.request('INVITE');
      if (status === 200) await accept(stage, invite, 2, video);
      else {
        server.respond(invite, status);
        await server.request('ACK');
      }
      assert.equal(await added, status === 488 ? 'rejected' : 'negotiation');
      assert.equal(media.cameras[0]!.readyState, 'ended');
      assert.equal(call.state, 'confirmed');
      const changed = call.reinvite();
      const next = await server.request('INVITE');
      assert.notInclude(sectionsOf(next.body), 'video sendrecv');
      await accept(stage, next, 3, sectionsOf(next.body).length > 1 ? peerVideo('inactive', 0) : '');
      await changed;
    });
  }

  it('CALL-23: video that the peer adds is answered inactive, no camera is opened, and the call lives', async () => {
    const { call, server, ok, media } = await talking();
    server.send(inDialog('INVITE', ok, 2, {}, withVideo('sendrecv', 2)));
    const response = await server.response(200);
    assert.deepEqual(sectionsOf(response.body), ['audio sendrecv', 'video inactive']);
    server.send(inDialog('ACK', response, 2));
    await settle();
    assert.isEmpty(media.cameras);
    assert.deepEqual(statuses(call.media), ['audio sendrecv active', 'video inactive none']);
    const added = call.addVideo();
    const invite = await server.request('INVITE');
    assert.deepEqual(sectionsOf(invite.body), ['audio sendrecv', 'video sendrecv'], 'in the section that is there');
    server.respond(invite, 200, { headers: described, body: peerSdp('sendrecv', 3) + peerVideo() });
    await added;
  });

  it('CALL-23: the offer event names what would change; accept({ video }) takes it', async () => {
    const { call, server, ok, media } = await talking();
    const heard: unknown[] = [];
    call.on('offer', ({ method, streams, accept }) => {
      heard.push(method, streams);
      accept({ video: true });
    });
    server.send(inDialog('INVITE', ok, 2, {}, withVideo('sendrecv', 2)));
    await settle();
    const response = await server.response(200);
    assert.deepEqual(heard, ['INVITE', [{ kind: 'video', mid: '1', current: undefined, offered: 'sendrecv' }]]);
    assert.deepEqual(sectionsOf(response.body), ['audio sendrecv', 'video sendrecv']);
    assert.lengthOf(media.cameras, 1);
    server.send(inDialog('ACK', response, 2));
  });

  it("CALL-23: accept({ video: 'recvonly' }) shows the peer without being seen; addVideo() then sends in the same section", async () => {
    const { call, server, ok, media } = await talking();
    const tracks: string[] = [];
    call.on('remoteTrack', ({ kind }) => tracks.push(kind));
    call.on('offer', ({ accept }) => {
      accept({ video: 'recvonly' });
    });
    server.send(inDialog('INVITE', ok, 2, {}, withVideo('sendrecv', 2)));
    await settle();
    const response = await server.response(200);
    assert.deepEqual(sectionsOf(response.body), ['audio sendrecv', 'video recvonly']);
    server.send(inDialog('ACK', response, 2));
    await settle();
    assert.isEmpty(media.cameras);
    assert.deepEqual(tracks, ['video']);
    const added = codeOf(call.addVideo());
    const invite = await server.request('INVITE');
    assert.deepEqual(sectionsOf(invite.body), ['audio sendrecv', 'video sendrecv']);
    server.respond(invite, 488);
    await server.request('ACK');
    assert.equal(await added, 'rejected');
    assert.deepEqual(statuses(call.media), ['audio sendrecv active', 'video recvonly active'], 'what was, is');
  });

  it('CALL-23: reject() refuses a re-INVITE and an UPDATE, and all is as it was', async () => {
    const { call, server, ok } = await talking();
    let status: number | undefined;
    call.on('offer', ({ reject }) => {
      assert.throws(() => {
        reject(200);
      }, /300 to 699/);
      reject(status);
    });
    for (const [method, sequence, given] of [
      ['INVITE', 2, undefined],
      ['UPDATE', 3, 603],
    ] as const) {
      status = given;
      server.send(inDialog(method, ok, sequence, {}, withVideo('sendrecv', 2)));
      await settle();
      const response = await server.response(given ?? 488);
      if (method === 'INVITE') server.send(inDialog('ACK', response, sequence));
    }
    assert.deepEqual(statuses(call.media), ['audio sendrecv active']);
  });

  it('CALL-23: waitUntil: the answer waits for the app; a listener that says nothing answers without video', async () => {
    const { call, server, ok, clock } = await talking();
    let decide!: () => void;
    const decision = new Promise<void>((resolve) => (decide = resolve));
    let late: (() => void) | undefined;
    call.on('offer', ({ waitUntil, accept }) => {
      waitUntil(decision.then(() => {
        accept({ video: true });
      })); // prettier-ignore
      late = accept;
    });
    server.send(inDialog('INVITE', ok, 2, {}, withVideo('sendrecv', 2)));
    await clock.advance(100);
    await server.nothing();
    decide();
    await settle();
    const response = await server.response(200);
    assert.deepEqual(sectionsOf(response.body), ['audio sendrecv', 'video sendrecv']);
    assert.throws(() => late!(), /has been answered/);
    server.send(inDialog('ACK', response, 2));
    const before = clock.pending;
    await settle();
    assert.isAtMost(clock.pending, before);
  });

  it('CALL-23: an app that never decides: an UPDATE gets 504 after 10 s (RFC 3311 §5.2), a re-INVITE its answer after a minute', async () => {
    const { call, server, ok, clock } = await talking();
    call.on('offer', ({ waitUntil }) => {
      waitUntil(new Promise(() => undefined));
    });
    server.send(inDialog('UPDATE', ok, 2, {}, withVideo('sendrecv', 2)));
    await settle();
    await clock.advance(9_999);
    await server.nothing();
    await clock.advance(1);
    await server.response(504);
    server.send(inDialog('INVITE', ok, 3, {}, withVideo('sendrecv', 3)));
    await settle();
    await clock.advance(200);
    await server.response(100);
    await clock.advance(60_000);
    const response = await server.response(200);
    assert.deepEqual(sectionsOf(response.body), ['audio sendrecv', 'video inactive']);
    server.send(inDialog('ACK', response, 3));
  });

  it('CALL-23: while the app decides, a CANCEL and a BYE end the wait with 487', async () => {
    for (const method of ['CANCEL', 'BYE']) {
      const { call, server, ok, clock } = await talking();
      call.on('offer', ({ waitUntil }) => {
        waitUntil(new Promise(() => undefined));
      });
      const via = 'SIP/2.0/WS edge.example;branch=z9hG4bKoffer';
      server.send(inDialog('INVITE', ok, 2, { Via: via }, withVideo('sendrecv', 2)));
      await settle();
      server.send(
        method === 'CANCEL'
          ? inDialog('CANCEL', ok, 2, { Via: via }).replace('CSeq: 2 INVITE', 'CSeq: 2 CANCEL')
          : inDialog('BYE', ok, 3),
      );
      await settle();
      const first = await server.response(200);
      assert.equal(first.status, 200);
      const refused = await server.response(487);
      server.send(inDialog('ACK', refused, 2, { Via: via }));
      await clock.advance(60_000);
      await server.nothing();
      assert.equal(call.state, method === 'CANCEL' ? 'confirmed' : 'disconnected');
    }
  });

  it('CALL-31: the screen in the place of the camera, replaceVideo(), replaceAudio(): not a word on the wire', async () => {
    const { call, server, media } = await talkingWithVideo();
    const changes: boolean[][] = [];
    call.on('mediaChanged', (event) => changes.push(event.media.map(({ screen }) => screen)));
    await call.shareScreen();
    assert.equal(await codeOf(call.shareScreen()), 'invalidState');
    assert.deepEqual(changes, [[false, true]]);
    media.screens[0]!.end(); // the browser's own button
    await settle();
    assert.deepEqual(changes, [[false, true], [false, false]]); // prettier-ignore
    assert.equal(media.cameras[0]!.readyState, 'live');
    const [another, voice] = [media.addTrack('video'), media.addTrack('audio')];
    await call.replaceVideo(another.track);
    assert.equal(media.cameras[0]!.readyState, 'ended');
    await call.replaceAudio(voice.track);
    assert.equal(media.microphones[0]!.readyState, 'ended');
    const senders = media.connections[0]!.getTransceivers().map(({ sender }) => sender.track);
    assert.deepEqual(senders, [voice.fake, another.fake]);
    await server.nothing();
    call.hangup();
    assert.equal(another.fake.readyState, 'live', "the app's own is the app's to stop");
  });

  it("CALL-31: the screen beside the camera is a section of its own, and the browser's button takes it off", async () => {
    const stage = await talkingWithVideo();
    const { call, server, media } = stage;
    const shared = call.shareScreen({ camera: 'beside' });
    const invite = await server.request('INVITE');
    assert.deepEqual(sectionsOf(invite.body), ['audio sendrecv', 'video sendrecv', 'video sendonly']);
    await accept(stage, invite, 3, peerVideo() + peerVideo('recvonly', 50002, '2'));
    await shared;
    media.screens[0]!.end();
    await settle();
    const removed = await server.request('INVITE');
    assert.deepEqual(sectionsOf(removed.body), ['audio sendrecv', 'video sendrecv', 'video 0']);
    await accept(stage, removed, 4, peerVideo() + peerVideo('inactive', 0, '2'));
    assert.lengthOf(call.media, 3);
  });

  it('a call that ends while the camera is being asked for leaves no camera on', async () => {
    const { call, media } = await talking();
    const added = codeOf(call.addVideo());
    call.hangup();
    assert.oneOf(await added, ['aborted', 'invalidState']);
    await settle();
    assert.isTrue(media.cameras.every(({ readyState }) => readyState === 'ended'));
  });

  async function talkingWithVideo(): Promise<Awaited<ReturnType<typeof talking>>> {
    const stage = await talking();
    const added = stage.call.addVideo();
    await accept(stage, await stage.server.request('INVITE'), 2, peerVideo());
    await added;
    return stage;
  }
  describe('that was added in mid-call, when the call gets other media', () => {
    const updates = { headers: ['Allow: INVITE, ACK, BYE, UPDATE'] };

    /** The camera is sent, and the peer's is seen. */
    async function seeing(): Promise<Awaited<ReturnType<typeof talkingTo>>> {
      const stage = await talkingTo(updates);
      const added = stage.call.addVideo();
      await accept(stage, await stage.server.request('INVITE'), 1, peerVideo());
      await added;
      return stage;
    }

    const cameraOf = ({ media }: Phone, connection: number): unknown =>
      media.connections[connection]!.getTransceivers().find(({ kind }) => kind === 'video')?.sender.track;

    it('IPC-24: is offered with another connection, by the same camera, which is not asked for again', async () => {
      const stage = await seeing();
      const { server, media, call } = stage;
      const seen: string[] = [];
      call.on('remoteTrack', ({ kind }) => seen.push(kind));
      media.connections[0]!.become('failed');
      await accept(stage, await server.request('INVITE'), 1, peerVideo()); // ICE is not restarted
      const invite = await server.request('INVITE');
      assert.deepEqual(sectionsOf(invite.body), ['audio sendrecv', 'video sendrecv']);
      await accept(stage, invite, 3, peerVideo());
      await settle();
      assert.deepEqual(seen.sort(), ['audio', 'video']);
      assert.lengthOf(media.cameras, 1);
      assert.equal(media.cameras[0]!.readyState, 'live');
      assert.equal(cameraOf(stage, 1), media.cameras[0]);
      media.connections[1]!.become('connected');
      call.hangup();
      assert.equal(media.cameras[0]!.readyState, 'ended');
      await server.request('BYE');
    });

    it('… and goes on in the former where that is refused', async () => {
      const stage = await seeing();
      const { server, media } = stage;
      media.connections[0]!.become('failed');
      await accept(stage, await server.request('INVITE'), 1, peerVideo());
      server.respond(await server.request('INVITE'), 488);
      await server.request('ACK');
      await settle();
      assert.equal(media.cameras[0]!.readyState, 'live');
      assert.equal(cameraOf(stage, 0), media.cameras[0]);
    });

    it('IPC-22: is offered in another dialog, too; what is shared meanwhile is told in it', async () => {
      const stage = await seeing();
      const { server, media, clock, call } = stage;
      server.socket.drop();
      await clock.advance(1000);
      server.respond(await server.request('UPDATE'), 430);
      const invite = await server.request('INVITE');
      assert.isDefined(headerValue(invite, 'Replaces'));
      assert.deepEqual(sectionsOf(invite.body), ['audio sendrecv', 'video sendrecv']);
      await call.shareScreen();
      server.respond(invite, 200, { headers: described, body: peerSdp() + peerVideo(), toTag: 'again' });
      await server.request('ACK');
      await settle();
      assert.equal(cameraOf(stage, 1), media.screens[0]);
      await call.stopScreenShare();
      assert.equal(cameraOf(stage, 1), media.cameras[0]);
      assert.equal(media.cameras[0]!.readyState, 'live');
      media.cameras[0]!.end(); // its end is told by the new connection
      assert.isUndefined(call.end);
    });

    it('is taken where the peer brings another connection, or another dialog: it was agreed on before', async () => {
      for (const isDialog of [false, true]) {
        const stage = await talking();
        const { server, call, media, ok } = stage;
        const added = call.addVideo();
        await accept(stage, await server.request('INVITE'), 1, peerVideo());
        await added;
        const sdp = withVideo().replace(/a=fingerprint:.*/g, `a=fingerprint:sha-256 ${'CD:'.repeat(31)}CD`);
        const headers = { 'Call-ID': 'call-2', From: '<sip:bob@example.com>;tag=bobtag2', Require: 'replaces', Replaces: `call-1;to-tag=${toTagOf(ok)};from-tag=bobtag` }; // prettier-ignore
        server.send(isDialog ? peerRequest('INVITE', headers, sdp) : inDialog('INVITE', ok, 2, {}, sdp));
        await server.arrival();
        const answer = await server.response(200);
        assert.deepEqual(sectionsOf(answer.body), ['audio sendrecv', 'video sendrecv']);
        assert.lengthOf(media.cameras, 1);
        assert.equal(media.cameras[0]!.readyState, 'live');
        assert.equal(cameraOf(stage, 1), media.cameras[0]);
      }
    });

    it('IPC-29: begins with a whole picture when the path is found; so it does where the peer has none and says so (RFC 5168)', async () => {
      const stage = await seeing();
      const { server, media, invite } = stage;
      const { sender } = media.connections[0]!.getTransceivers().find(({ kind }) => kind === 'video')!;
      assert.equal(sender.keyFrames, 0);
      media.connections[0]!.become('failed');
      await accept(stage, await server.request('INVITE'), 2, peerVideo());
      media.connections[0]!.become('connected');
      await settle();
      assert.equal(sender.keyFrames, 1);
      const asks = (what: string): string =>
        `<?xml version="1.0" encoding="utf-8" ?><media_control><vc_primitive><to_encoder>${what}</to_encoder></vc_primitive></media_control>`;
      const type = { 'Content-Type': 'application/media_control+xml' };
      server.send(towards('INFO', invite, 1, type, asks('<picture_fast_update/>')));
      await server.response(200);
      await settle();
      assert.equal(sender.keyFrames, 2);
      server.send(towards('INFO', invite, 2, { ...type, Via: 'SIP/2.0/WS e.example;branch=z9hG4bKinfo2' }, asks('<other/>'))); // prettier-ignore
      await server.response(200);
      await settle();
      assert.equal(sender.keyFrames, 2);
    });

    it('a track of the app’s own in the place of the microphone goes with it, muted as it was', async () => {
      const stage = await talkingTo(updates);
      const { server, media, call } = stage;
      const { fake, track } = media.addTrack('audio');
      await call.replaceAudio(track);
      call.mute();
      media.connections[0]!.become('failed');
      await accept(stage, await server.request('INVITE'), 1);
      await accept(stage, await server.request('INVITE'), 3);
      await settle();
      assert.equal(media.connections[1]!.getSenders()[0]!.track, fake);
      assert.isFalse(fake.enabled);
      call.unmute();
      assert.isTrue(fake.enabled);
      assert.equal(fake.readyState, 'live');
    });
  });
});
