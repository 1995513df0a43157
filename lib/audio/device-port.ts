/** Slot 0: the microphone gives, the loudspeaker takes. Calls are played by elements of their own: that keeps the browser's echo canceller, and needs no graph. */
import type { Bridge } from './bridge.js';
import type { Connection } from './connection.js';
import type { Output, Speaker } from './output.js';
import { AudioPort } from './port.js';

export class DevicePort extends AudioPort {
  readonly gives = true;
  readonly takes = true;
  readonly #output: Output;
  readonly #speakers = new Map<Connection, Speaker>();
  #input: MediaStreamTrack | undefined;
  #isHeard = false;

  constructor(bridge: Bridge, output: Output) {
    super(bridge, 'device', 'device');
    this.#output = output;
  }

  /** What the microphone gives; undefined while it is closed. */
  get input(): MediaStreamTrack | undefined {
    return this.#input;
  }

  /** @internal What is open now. */
  open(input: MediaStreamTrack | undefined, isHeard: boolean): void {
    const isOther = this.#input !== input;
    this.#input = input;
    this.#isHeard = isHeard;
    this.bridge.settle(this);
    if (isOther) this.sourceChanged();
  }

  override settle(): void {
    const present = this.bridge.into(this);
    const direct = present.filter((connection) => this.#isHeard && connection.gain <= 1 && connection.source.stream);
    for (const [connection, speaker] of this.#speakers) {
      if (direct.includes(connection)) continue;
      speaker.close();
      this.#speakers.delete(connection);
    }
    for (const connection of present) {
      if (!this.#isHeard || direct.includes(connection)) connection.unwire();
      else if (connection.source.kind !== 'call' || connection.source.stream) connection.wire();
    }
    for (const connection of direct) {
      let speaker = this.#speakers.get(connection);
      if (!speaker) this.#speakers.set(connection, (speaker = this.#output.speaker()));
      speaker.play(connection.source.stream!, connection.gain);
    }
  }

  protected override openSource(into: AudioNode): () => void {
    if (!this.#input) return () => undefined;
    const node = this.bridge.context.createMediaStreamSource(this.bridge.env.createStream(this.#input));
    node.connect(into);
    return () => {
      node.disconnect();
    };
  }

  protected override openSink(from: AudioNode): () => void {
    const destination = this.bridge.context.createMediaStreamDestination();
    from.connect(destination);
    const speaker = this.#output.speaker();
    speaker.play(destination.stream, 1);
    return () => {
      speaker.close();
      from.disconnect(destination);
    };
  }
}
