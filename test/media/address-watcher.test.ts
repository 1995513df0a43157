import { assert } from 'chai';
import { watchAddresses } from '../../lib/media/address-watcher.js';
import type { MediaEnvironment } from '../../lib/media/environment.js';
import { FakeClock, settle } from '../support/fake-clock.js';

type Candidate = readonly [address: string, priority: number];

/** A machine whose addresses the test owns. */
class Machine {
  addresses: readonly Candidate[] = [];
  open = 0;
  looks = 0;
  made = 0;
  isBroken = false;
  /** Gathering does not come to its end. */
  isSlow = false;

  get env(): Pick<MediaEnvironment, 'RTCPeerConnection'> {
    const machine = this as Machine;
    class Looking {
      onicecandidate: ((event: { candidate: object | null }) => void) | null = null;
      constructor() {
        machine.open++;
        machine.made++;
      }
      createDataChannel(): void {
        // none is ever used
      }
      createOffer(): Promise<object> {
        machine.looks++;
        return machine.isBroken ? Promise.reject(new Error('closed under our feet')) : Promise.resolve({});
      }
      setLocalDescription(): Promise<void> {
        queueMicrotask(() => {
          for (const [address, priority] of machine.addresses)
            this.onicecandidate?.({ candidate: { candidate: 'candidate:…', address, priority, protocol: 'udp' } });
          if (!machine.isSlow) this.onicecandidate?.({ candidate: null });
        });
        return Promise.resolve();
      }
      close(): void {
        machine.open--;
      }
    }
    return { RTCPeerConnection: Looking as unknown as MediaEnvironment['RTCPeerConnection'] };
  }
}

function watching(machine: Machine): { clock: FakeClock; told: string[]; stop: () => void } {
  const clock = new FakeClock();
  const told: string[] = [];
  const abort = new AbortController();
  void watchAddresses(machine.env, clock, (addresses) => told.push(addresses.join(' ')), abort.signal);
  return { clock, told, stop: () => abort.abort() };
}

describe('addresses of the machine', () => {
  it('IPC-40: each change is told once: a new one, a lost one, and another default route by its higher priority', async () => {
    const machine = new Machine();
    machine.addresses = [['10.0.0.2', 2_122_260_223]];
    const { clock, told } = watching(machine);
    await clock.advance(2000);
    assert.deepEqual(told.splice(0), ['10.0.0.2']);
    machine.addresses = [
      ['10.0.0.2', 2_122_260_223],
      ['10.1.0.2', 2_122_194_687],
    ];
    await clock.advance(1000);
    assert.deepEqual(told, ['10.0.0.2 10.1.0.2']);
    machine.addresses = [
      ['10.0.0.2', 2_122_194_687],
      ['10.1.0.2', 2_122_260_223],
    ];
    await clock.advance(1000);
    assert.deepEqual(told.slice(1), ['10.1.0.2 10.0.0.2']);
    machine.addresses = [['10.1.0.2', 2_122_260_223]];
    await clock.advance(250);
    assert.deepEqual(told.slice(2), ['10.1.0.2']);
    assert.equal(machine.open, 1, 'one connection serves for many looks');
  });

  it('names that browsers show instead of addresses are another one each time: only their number counts', async () => {
    const machine = new Machine();
    const { clock, told } = watching(machine);
    for (let i = 0; i < 8; i++) {
      machine.addresses = [[`${i}.local`, 2_122_260_223]];
      await clock.advance(250);
    }
    assert.deepEqual(told, ['interface 0']);
  });

  it('half a list is no news: a look that takes too long is none', async () => {
    const machine = new Machine();
    machine.addresses = [
      ['10.0.0.2', 2],
      ['10.1.0.2', 1],
    ];
    const { clock, told } = watching(machine);
    await clock.advance(1000);
    machine.isSlow = true;
    machine.addresses = [['10.1.0.2', 1]];
    await clock.advance(5000);
    assert.deepEqual(told, ['10.0.0.2 10.1.0.2']);
    machine.isSlow = false;
    await clock.advance(3000);
    assert.deepEqual(told.slice(1), ['10.1.0.2']);
    assert.equal(machine.made, 1);
  });

  it('looks until its signal aborts, and leaves no timer and no connection', async () => {
    const machine = new Machine();
    const { clock, stop } = watching(machine);
    await clock.advance(1000);
    assert.isAtLeast(machine.looks, 4);
    stop();
    await settle();
    assert.equal(clock.pending, 0);
    assert.equal(machine.open, 0);
  });

  it('browsers count connections: an hour of looks takes few of them, one at a time; one that is spoilt is replaced', async () => {
    const machine = new Machine();
    machine.addresses = [['10.0.0.2', 1]];
    const { clock, told } = watching(machine);
    await clock.advance(600_000);
    assert.isAtLeast(machine.looks, 2000);
    assert.isAtMost(machine.made, 8);
    assert.equal(machine.open, 1);
    machine.isBroken = true;
    await clock.advance(1000);
    machine.isBroken = false;
    machine.addresses = [['10.1.0.2', 1]];
    await clock.advance(6000);
    assert.deepEqual(told, ['10.0.0.2', '10.1.0.2']);
    assert.equal(machine.open, 1);
  });
});
