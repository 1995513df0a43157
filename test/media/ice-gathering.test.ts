// When a description may leave, in virtual time.
import { assert } from 'chai';
import type { EvercallError } from '../../lib/base/errors.js';
import type { GatheringRule } from '../../lib/media/ice-gathering.js';
import { gatherCandidates } from '../../lib/media/ice-gathering.js';
import { FakeClock } from '../support/fake-clock.js';

type Handler = (event: never) => void;

/** A connection that gathers what the test says, and one wait on it. */
class Rig {
  readonly clock = new FakeClock();
  readonly controller = new AbortController();
  readonly #handlers = new Map<string, Handler>();
  iceGatheringState: RTCIceGatheringState = 'gathering';
  /** Milliseconds from the start to the end of the wait. */
  done: number | undefined;
  error: EvercallError | undefined;

  constructor(urls: readonly (string | string[])[] = [], rule: Partial<GatheringRule> = {}) {
    const iceServers = urls.map((url) => ({ urls: url }));
    gatherCandidates(
      this as unknown as RTCPeerConnection,
      { iceServers, timeout: 100, firstUsable: false, trickles: false, ufrag: 'new', ...rule },
      this.clock,
      this.controller.signal,
    ).then(
      () => (this.done = this.clock.now()),
      (error: unknown) => (this.error = error as EvercallError),
    );
  }

  addEventListener(type: string, handler: Handler): void {
    this.#handlers.set(type, handler);
  }

  removeEventListener(type: string, handler: Handler): void {
    if (this.#handlers.get(type) === handler) this.#handlers.delete(type);
  }

  host(address = '192.0.2.2', more: object = {}): this {
    return this.#candidate({ type: 'host', protocol: 'udp', address, ...more });
  }

  srflx(url?: string): this {
    return this.#candidate({ type: 'srflx', protocol: 'udp', address: '203.0.113.1', url });
  }

  relay(url?: string): this {
    return this.#candidate({ type: 'relay', protocol: 'udp', address: '203.0.113.9', url });
  }

  error701(url: string, address: string | null): this {
    return this.#fire('icecandidateerror', { url, address, port: null, errorCode: 701 });
  }

  error401(url: string): this {
    return this.#fire('icecandidateerror', { url, address: '192.0.2.x', port: 4000, errorCode: 401 });
  }

  complete(): this {
    this.iceGatheringState = 'complete';
    return this.#fire('icegatheringstatechange', {});
  }

  /** Nothing is left: no timer, no listener. */
  get left(): number {
    return this.clock.pending + this.#handlers.size;
  }

  async after(ms: number): Promise<this> {
    await this.clock.advance(ms);
    return this;
  }

  #candidate(candidate: object): this {
    return this.#fire('icecandidate', {
      candidate: { candidate: 'candidate:…', usernameFragment: 'new', ...candidate },
    });
  }

  #fire(type: string, event: object): this {
    this.#handlers.get(type)?.(event as never);
    return this;
  }
}

describe('gathering', () => {
  it('without servers leaves when host candidates have been quiet for 10 ms', async () => {
    const rig = new Rig();
    (await rig.after(3)).host();
    (await rig.after(4)).host('2001:db8::2');
    await rig.after(200);
    assert.equal(rig.done, 17);
    assert.equal(rig.left, 0);
  });

  it('leaves at once when it is complete', async () => {
    const rig = new Rig(['stun:stun.example']);
    await (await rig.after(2)).host().complete().after(0);
    assert.equal(rig.done, 2);
    assert.equal(rig.left, 0);
  });

  it('leaves when a STUN server has answered, but not before hosts have been quiet for 20 ms', async () => {
    const quick = new Rig(['stun:stun.example']);
    quick.host();
    (await quick.after(5)).srflx('stun:stun.example:3478');
    await quick.after(200);
    assert.equal(quick.done, 20);
    const slow = new Rig(['stun:stun.example']);
    slow.host();
    (await slow.after(60)).srflx('stun:stun.example:3478');
    await slow.after(0);
    assert.equal(slow.done, 60);
  });

  it('J18: waits 100 ms for a STUN server that never answers, not for the end of gathering', async () => {
    const rig = new Rig(['stun:stun.example']);
    rig.host();
    await rig.after(40_000);
    assert.equal(rig.done, 100);
    assert.equal(rig.left, 0);
  });

  it('a reflexive address told by one STUN server is not told again by the next: it answers for all of them', async () => {
    const rig = new Rig(['stun:a.example', ['stun:b.example', 'stun:c.example']]);
    rig.host().srflx('stun:b.example:3478');
    await rig.after(200);
    assert.equal(rig.done, 20);
  });

  it('waits for each TURN server, of whose transports one is enough', async () => {
    const rig = new Rig([['turn:a.example', 'turns:a.example'], 'turn:b.example:5000?transport=tcp']);
    rig.host();
    (await rig.after(30)).relay('turns:a.example:5349?transport=tcp');
    (await rig.after(30)).relay('turn:b.example:5000?transport=tcp');
    await rig.after(200);
    assert.equal(rig.done, 60);
  });

  it('a relay candidate without URL (Firefox) counts for the next server', async () => {
    const rig = new Rig(['turn:a.example', 'turn:b.example']);
    rig.host();
    (await rig.after(30)).relay();
    (await rig.after(30)).relay();
    await rig.after(200);
    assert.equal(rig.done, 60);
  });

  it('a reflexive candidate is no answer of a TURN server', async () => {
    const rig = new Rig(['turn:a.example']);
    rig.host().srflx('turn:a.example:3478?transport=udp');
    await rig.after(200);
    assert.equal(rig.done, 100);
  });

  it('a TURN server that refuses us (401) has answered', async () => {
    const rig = new Rig(['turn:a.example']);
    rig.host().host('2001:db8::2');
    (await rig.after(50)).error401('turn:a.example:3478?transport=udp');
    await rig.after(200);
    assert.equal(rig.done, 50);
  });

  it('a server is unreachable (701) when every local address says so: IPv6 alone may fail at once', async () => {
    const rig = new Rig(['stun:stun.example']);
    rig.host().host('2001:db8::2').error701('stun:stun.example:3478', '2001:db8::2');
    (await rig.after(50)).error701('stun:stun.example:3478', '192.0.2.2');
    await rig.after(200);
    assert.equal(rig.done, 50);
    const half = new Rig(['stun:stun.example']);
    half.host().host('2001:db8::2').error701('stun:stun.example:3478', '2001:db8::2');
    await half.after(200);
    assert.equal(half.done, 100);
  });

  it('relay only: nothing is found within the time, so it leaves with the first relay candidate', async () => {
    const rig = new Rig(['turn:far.example']);
    (await rig.after(250)).relay('turn:far.example:3478?transport=udp');
    await rig.after(0);
    assert.equal(rig.done, 250);
    assert.equal(rig.left, 0);
  });

  it('without any candidate it leaves after a second all the same', async () => {
    const rig = new Rig();
    await rig.after(5000);
    assert.equal(rig.done, 1000);
    assert.equal(rig.left, 0);
  });

  describe('of an ICE restart', () => {
    it('does not leave because the generation before is complete (Chromium): its first candidate is yet to come', async () => {
      const rig = new Rig([], { firstUsable: true });
      await rig.complete().after(5);
      assert.isUndefined(rig.done);
      await rig.host().after(0);
      assert.equal(rig.done, 5);
      assert.equal(rig.left, 0);
    });

    it('leaves with the first usable candidate', async () => {
      const rig = new Rig(['stun:stun.example'], { firstUsable: true });
      await (await rig.after(4)).host().after(0);
      assert.equal(rig.done, 4);
      assert.equal(rig.left, 0);
    });

    it('an active TCP candidate is not usable, one of the former generation is not ours', async () => {
      const rig = new Rig([], { firstUsable: true });
      rig.host('192.0.2.2', { protocol: 'tcp' }).host('192.0.2.2', { usernameFragment: 'old' });
      await (await rig.after(30)).host().after(0);
      assert.equal(rig.done, 30);
    });

    it('leaves empty-handed when the time is up: what comes later is found as peer-reflexive', async () => {
      const rig = new Rig([], { firstUsable: true });
      await rig.after(5000);
      assert.equal(rig.done, 100);
    });
  });

  it('where the peer takes candidates one by one, no server is waited for, and nothing found in time is no reason to stay (RFC 8838)', async () => {
    const rig = new Rig(['stun:stun.example'], { trickles: true });
    rig.host();
    await rig.after(10);
    assert.equal(rig.done, 10);
    const empty = new Rig(['turn:turn.example'], { trickles: true });
    await empty.after(5000);
    assert.equal(empty.done, 100);
  });

  it('rejects with aborted as soon as the signal aborts, and leaves nothing behind', async () => {
    const rig = new Rig(['stun:stun.example']);
    rig.host();
    await rig.after(5);
    rig.controller.abort();
    await rig.after(0);
    assert.equal(rig.error?.code, 'aborted');
    assert.equal(rig.left, 0);
  });
});
