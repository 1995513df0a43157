/** A conference here: one sum of all, and each hears it without its own voice. The work grows with the number of parties, not its square. */
import { EvercallError } from '../base/errors.js';
import type { Call } from '../call/call.js';
import { checkLevel } from './audio-options.js';
import type { Bridge } from './bridge.js';
import type { AudioPort } from './port.js';

export interface ConferenceOptions {
  /** Whether we are in it ourselves, with the sound device. @default true */
  readonly host?: boolean;
}

export interface LeaveOptions {
  /** Whether a call that leaves is connected to the sound device again. @default true */
  readonly reconnect?: boolean;
}

/** What a conference needs to know of the calls. */
export interface ConferenceHost {
  readonly bridge: Bridge;
  readonly device: AudioPort;
  readonly portOf: (call: Call) => AudioPort;
  readonly reconnect: (call: Call) => void;
  /** The calls of this conference are others now. */
  readonly onChange: () => void;
}

/** The nodes of a party that is heard and hears. */
interface Wires {
  readonly source: AudioNode;
  readonly sink: AudioNode;
  readonly voice: GainNode;
  readonly minus: GainNode;
}

/** One of those who hear one another: a call, or ourselves. */
export class Party {
  /** Undefined for ourselves. */
  readonly call: Call | undefined;
  readonly port: AudioPort;
  #level = 1;
  #muted = false;
  #wires: Wires | undefined;

  /** Made by the conference. */
  constructor(port: AudioPort, call: Call | undefined) {
    this.port = port;
    this.call = call;
  }

  /** How loud it is for the others: 0 is silence, 1 as it is. */
  get level(): number {
    return this.#level;
  }

  set level(level: number) {
    this.#level = checkLevel('level', level);
    this.#apply();
  }

  /** Whether the others do not hear it; it hears them all the same. */
  get muted(): boolean {
    return this.#muted;
  }

  set muted(muted: boolean) {
    this.#muted = muted;
    this.#apply();
  }

  /** @internal */
  wire(sum: AudioNode): void {
    if (this.#wires) return;
    const source = this.port.acquireSource();
    let sink: AudioNode;
    try {
      sink = this.port.acquireSink();
    } catch (error) {
      this.port.releaseSource();
      throw error;
    }
    const [voice, minus] = [sum.context.createGain(), sum.context.createGain()];
    this.#wires = { source, sink, voice, minus };
    minus.gain.value = -1;
    this.#apply();
    source.connect(voice).connect(sum).connect(sink);
    voice.connect(minus).connect(sink); // in the same moment as in the sum: nothing is left of it
    this.port.settle();
  }

  /** @internal */
  unwire(sum: AudioNode): void {
    const wires = this.#wires;
    if (!wires) return;
    this.#wires = undefined;
    wires.source.disconnect(wires.voice);
    sum.disconnect(wires.sink);
    wires.voice.disconnect();
    wires.minus.disconnect();
    this.port.releaseSource();
    this.port.releaseSink();
    this.port.settle();
  }

  #apply(): void {
    if (this.#wires) this.#wires.voice.gain.value = this.#muted ? 0 : this.#level;
  }
}

export class Conference {
  readonly #host: ConferenceHost;
  readonly #sum: GainNode;
  readonly #parties = new Map<AudioPort, Party>();
  readonly #undo = new Map<Party, () => void>();
  #isClosed = false;

  /** Made by `ua.conference()`. */
  constructor(host: ConferenceHost) {
    this.#host = host;
    this.#sum = host.bridge.context.createGain();
  }

  /** Those who are in it now. */
  get parties(): readonly Party[] {
    return [...this.#parties.values()];
  }

  get calls(): readonly Call[] {
    return this.parties.flatMap(({ call }) => call ?? []);
  }

  /** Ourselves, while we are in it. */
  get host(): Party | undefined {
    return this.#parties.get(this.#host.device);
  }

  party(call: Call): Party | undefined {
    return this.parties.find((party) => party.call === call);
  }

  /** Lets a confirmed call join; one on hold is resumed. Rejects with `invalidState`, or why it could not be resumed. */
  async add(call: Call): Promise<Party> {
    const [party] = await this.addAll([call]);
    return party!;
  }

  /** @internal All at once: who is heard together is known before anyone is resumed. */
  addAll(calls: readonly Call[]): Promise<Party[]> {
    this.#mustBeOpen();
    for (const call of calls)
      if (call.state !== 'confirmed') throw refused(`the call with ${call.remote.uri} is ${call.state}`);
    const present = this.calls;
    const parties = calls.map((call) => this.party(call) ?? this.#enlist(call));
    this.#host.onChange();
    return Promise.all(parties.map(async (party) => (present.includes(party.call!) ? party : this.#bring(party))));
  }

  /** Takes a call out; it goes on. Nothing where it is not in it. */
  remove(call: Call, { reconnect = true }: LeaveOptions = {}): void {
    const party = this.party(call);
    if (!party) return;
    this.#drop(party);
    if (reconnect && !call.end) this.#host.reconnect(call);
  }

  /** We join ourselves. Nothing where we have. */
  join(): void {
    this.#mustBeOpen();
    const { device } = this.#host;
    if (this.#parties.has(device)) return;
    const party = new Party(device, undefined);
    party.wire(this.#sum);
    this.#parties.set(device, party);
  }

  /** We leave, and the others go on among themselves: as long as this page lives, for they meet in it. */
  leave(): void {
    const { host } = this;
    if (host) this.#drop(host);
  }

  /** Ends the conference; the calls go on, each with us. */
  close(options: LeaveOptions = {}): void {
    if (this.#isClosed) return;
    this.leave();
    for (const call of this.calls) this.remove(call, options);
    this.#isClosed = true;
  }

  /** Ends the conference and all its calls. */
  hangup(): void {
    const { calls } = this;
    this.close({ reconnect: false });
    for (const call of calls) call.hangup();
  }

  #enlist(call: Call): Party {
    const port = this.#host.portOf(call);
    const party = new Party(port, call);
    this.#parties.set(port, party);
    const undo = [
      call.on('holdChanged', () => {
        this.#update(party);
      }),
      call.on('ended', () => {
        this.#drop(party);
      }),
    ];
    this.#undo.set(party, () => {
      for (const off of undo) off();
    });
    return party;
  }

  async #bring(party: Party): Promise<Party> {
    try {
      if (party.call?.localHold) await party.call.resume();
      this.#mustBeOpen();
      this.#isolate(party.port);
      this.#update(party);
    } catch (error) {
      this.#drop(party);
      throw error;
    }
    return party;
  }

  /** While it is in the conference, a call has no way of its own to and from the device. */
  #isolate(port: AudioPort): void {
    port.disconnect(this.#host.device);
    this.#host.device.disconnect(port);
  }

  /** A call on hold has no audio. */
  #update(party: Party): void {
    if (party.port.slot === undefined) party.unwire(this.#sum);
    else party.wire(this.#sum);
  }

  #drop(party: Party): void {
    if (!this.#parties.delete(party.port)) return;
    this.#undo.get(party)?.();
    this.#undo.delete(party);
    party.unwire(this.#sum);
    this.#host.onChange();
    if (this.calls.length === 0) this.close();
  }

  #mustBeOpen(): void {
    if (this.#isClosed) throw refused('it is closed');
  }
}

const refused = (why: string): EvercallError => new EvercallError('invalidState', `conference: ${why}`);
