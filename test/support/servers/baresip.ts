// baresip: a SIP phone that nobody here wrote. It plays a sine and keeps what it hears in WAV files.
import { closeSync, mkdirSync, openSync, readSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { dominantTone, shareOf } from '../tone.js';
import type { Tone } from '../tone.js';
import { Daemon, tcpAccepts } from './daemon.js';
import type { Command } from './daemon.js';
import { until, within } from './deadline.js';
import type { Place } from './place.js';
import { freePort, freePorts } from './ports.js';

export interface BaresipOptions {
  /** User name at example.test; the password is "pw" and the name. */
  readonly user: string;
  /** Where it registers, in the same place. */
  readonly proxy: { readonly udpPort: number };
  /** @default loopback */
  readonly place?: Place;
  /** `auto` answers at once. @default 'manual' */
  readonly answer?: 'auto' | 'manual' | 'early';
  /** Hertz of the sine it plays. @default 440 */
  readonly tone?: number;
  /** @default 'opus/48000/2,pcmu/8000/1' */
  readonly codecs?: string;
}

/** An event as ctrl_tcp tells it: `CALL_ESTABLISHED`, `CALL_CLOSED`, … */
export interface BaresipEvent {
  readonly type: string;
  readonly param?: string;
  readonly peeruri?: string;
  readonly id?: string;
}

const modulePath = '/usr/lib/baresip/modules';
const modules = ['opus.so', 'g711.so', 'ausine.so', 'aubridge.so', 'sndfile.so', 'uuid.so'];

export class Baresip extends Daemon {
  readonly #options: BaresipOptions;
  readonly #events: BaresipEvent[] = [];
  readonly #watchers = new Set<() => void>();
  #seen = 0;
  #answers = new Map<string, (answer: { ok: boolean; data: string }) => void>();
  #tokens = 0;
  #controlPort = 0;
  #control: Socket | undefined;

  constructor(options: BaresipOptions) {
    super('baresip', options.place);
    this.#options = options;
  }

  get uri(): string {
    return `sip:${this.#options.user}@example.test`;
  }

  /** Calls a URI; resolves when the call was started, not answered. */
  dial(uri: string): Promise<void> {
    return this.command('dial', uri);
  }

  accept(): Promise<void> {
    return this.command('accept');
  }

  /** Ends the current call; an incoming one that rings is refused with 486. */
  hangup(): Promise<void> {
    return this.command('hangup');
  }

  hold(): Promise<void> {
    return this.command('hold');
  }

  resume(): Promise<void> {
    return this.command('resume');
  }

  /** Runs a command of baresip's menu. */
  async command(command: string, params?: string): Promise<void> {
    const token = String(++this.#tokens);
    const text = JSON.stringify({ command, token, ...(params === undefined ? {} : { params }) });
    const answer = new Promise<{ ok: boolean; data: string }>((resolve) => this.#answers.set(token, resolve));
    this.#control?.write(`${Buffer.byteLength(text)}:${text},`);
    const { ok, data } = await within(5000, `baresip to do "${command}"`, answer);
    if (!ok) throw new Error(`baresip refused "${command}": ${data}`);
  }

  /** The next event of this type that was not taken yet; those before it are passed over. */
  async event(type: string, ms = 15_000): Promise<BaresipEvent> {
    const found = new Promise<BaresipEvent>((resolve) => {
      const look = (): void => {
        const index = this.#events.findIndex((event, at) => at >= this.#seen && event.type === type);
        if (index < 0) return;
        this.#seen = index + 1;
        this.#watchers.delete(look);
        resolve(this.#events[index]!);
      };
      this.#watchers.add(look);
      look();
    });
    return within(ms, `baresip event ${type} (had ${this.#events.map((event) => event.type).join(', ')})`, found);
  }

  /** Resolves when what baresip hears from now on has its peak within 15 Hz of the frequency. */
  async hears(frequency: number, ms = 10_000): Promise<Tone> {
    const before = new Map(this.#recordings().map(({ path, size }) => [path, size]));
    let heard: Tone | undefined;
    const probe = (): Tone | undefined => {
      const grown = this.#recordings().find(({ path, size }) => size - (before.get(path) ?? wavHeader) > wavHeader);
      heard = grown && dominantTone(...endOfWav(grown.path, before.get(grown.path) ?? wavHeader, 0.4));
      return heard && Math.abs(heard.frequency - frequency) <= 15 && heard.share > 0.5 ? heard : undefined;
    };
    try {
      return await until(ms, 'baresip to hear', probe);
    } catch {
      throw new Error(`baresip did not hear ${frequency} Hz within ${ms} ms but ${JSON.stringify(heard ?? 'nothing')}`);
    }
  }

  /** Resolves when what baresip hears from now on is these tones, and none of those. */
  async hearsOnly(tones: readonly number[], others: readonly number[], ms = 15_000): Promise<unknown> {
    const before = new Map(this.#recordings().map(({ path, size }) => [path, size]));
    const seen = new Map<number, number>();
    const probe = (): true | undefined => {
      const grown = this.#recordings().find(({ path, size }) => size - (before.get(path) ?? wavHeader) > wavHeader);
      if (!grown) return undefined;
      const sound = endOfWav(grown.path, before.get(grown.path) ?? wavHeader, 0.4);
      for (const tone of [...tones, ...others]) seen.set(tone, shareOf(tone, ...sound));
      const isThere = tones.every((tone) => seen.get(tone)! > 0.15);
      return (isThere && others.every((tone) => seen.get(tone)! < 0.01)) || undefined;
    };
    try {
      return await until(ms, 'baresip to hear', probe);
    } catch {
      throw new Error(`baresip did not hear ${tones.join(' and ')} Hz alone but ${JSON.stringify([...seen])}`);
    }
  }

  protected override async prepare(): Promise<Command> {
    this.#controlPort ||= await freePort();
    const { host } = this.place;
    const { user, proxy, answer = 'manual', tone = 440, codecs = 'opus/48000/2,pcmu/8000/1' } = this.#options;
    const account = [
      `<sip:${user}@example.test>`,
      `auth_user=${user}`,
      `auth_pass=pw${user}`,
      `outbound="sip:${host}:${proxy.udpPort}"`,
      `answermode=${answer}`,
      'regint=120',
      'ptime=20',
      `audio_codecs=${codecs}`,
    ];
    const config = [
      'poll_method epoll',
      `sip_listen ${host}:${await freePorts(2)}`, // it takes the next one for TLS
      'call_local_timeout 120',
      'call_max_calls 20',
      'audio_path /nonexistent',
      `audio_source ausine,${tone}`,
      'audio_player aubridge,nil',
      'audio_alert aubridge,nil',
      'ausrc_srate 48000',
      'auplay_srate 48000',
      'ausrc_channels 2',
      'auplay_channels 2',
      'audio_buffer 20-160',
      'rtcp_mux no',
      'rtp_ports 20000-29998',
      'rtp_timeout 0',
      'jitter_buffer_delay 5-10',
      `module_path ${modulePath}`,
      ...modules.map((name) => `module ${name}`),
      'module_tmp account.so',
      'module_app menu.so',
      'module_app ctrl_tcp.so',
      `ctrl_tcp_listen ${host}:${this.#controlPort}`,
      `snd_path ${this.soundFolder}`,
      'statmode_default off',
    ];
    mkdirSync(this.soundFolder, { recursive: true });
    writeFileSync(join(this.folder, 'accounts'), `${account.join(';')}\n`);
    writeFileSync(join(this.folder, 'config'), `${config.join('\n')}\n`);
    return { program: 'stdbuf', args: ['-oL', '-eL', 'baresip', '-4', '-n', host, '-f', this.folder] };
  }

  protected override async ready(): Promise<unknown> {
    await tcpAccepts(this.#controlPort, this.place.host);
    this.#control = connect(this.#controlPort, this.place.host).on('error', () => {});
    let buffered: Buffer = Buffer.alloc(0);
    this.#control.on('data', (bytes) => {
      buffered = Buffer.concat([buffered, bytes]);
      buffered = this.#readMessages(buffered);
    });
    return this.logged(/200 OK .*\[\d+ bindings?\]/);
  }

  protected override release(): void {
    this.#control?.destroy();
    this.#control = undefined;
  }

  /** Where it keeps what it hears, a file `…-dec.wav` a call. */
  get soundFolder(): string {
    return join(this.folder, 'sound');
  }

  /** Takes the complete netstrings off the front. */
  #readMessages(bytes: Buffer): Buffer {
    for (;;) {
      const colon = bytes.indexOf(':');
      const end = colon + 1 + Number(bytes.subarray(0, Math.max(colon, 0)).toString());
      if (colon < 0 || bytes.length <= end) return bytes;
      const message = JSON.parse(bytes.subarray(colon + 1, end).toString()) as Record<string, unknown>;
      if (message['event'] === true) this.#events.push(message as unknown as BaresipEvent);
      else this.#answers.get(String(message['token']))?.({ ok: message['ok'] === true, data: String(message['data']) });
      for (const look of [...this.#watchers]) look();
      bytes = bytes.subarray(end + 1);
    }
  }

  /** What it heard in each call so far. */
  #recordings(): { path: string; size: number }[] {
    const names = readdirSync(this.soundFolder).filter((name) => name.endsWith('-dec.wav'));
    return names.map((name) => join(this.soundFolder, name)).map((path) => ({ path, size: statSync(path).size }));
  }
}

const wavHeader = 44;

/** The last seconds, not before `from`, of a WAV file of 16-bit samples that is still being written: its header's length is not right yet. */
function endOfWav(path: string, from: number, seconds: number): [samples: Int16Array, rate: number, channels: number] {
  const file = openSync(path, 'r');
  try {
    const header = Buffer.alloc(wavHeader);
    readSync(file, header, 0, wavHeader, 0);
    const channels = header.readUInt16LE(22) || 1;
    const rate = header.readUInt32LE(24) || 8000;
    const frame = 2 * channels;
    const end = wavHeader + frame * Math.floor((statSync(path).size - wavHeader) / frame);
    const start = Math.max(from, end - frame * Math.round(seconds * rate));
    const bytes = Buffer.alloc(Math.max(0, end - start));
    readSync(file, bytes, 0, bytes.length, start);
    return [new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length >> 1), rate, channels];
  } finally {
    closeSync(file);
  }
}
