/** What runs on the audio thread: one processor that takes samples out of the graph, one that brings some in. */

/** Of the page's scope nothing is visible where this runs: it is sent there as text. */
export function registerProcessors(): void {
  interface Processor {
    readonly port: MessagePort;
  }
  const scope = globalThis as unknown as {
    AudioWorkletProcessor: new () => Processor;
    registerProcessor(name: string, processor: unknown): void;
  };

  /** Posts what it hears, mono, in blocks of `length` samples; silence too, so that time goes on. */
  class Tap extends scope.AudioWorkletProcessor {
    readonly #length: number;
    #block: Float32Array<ArrayBuffer>;
    #filled = 0;
    #isOpen = true;

    constructor({ processorOptions: { length } }: { readonly processorOptions: { readonly length: number } }) {
      super();
      this.#length = length;
      this.#block = new Float32Array(length);
      this.port.onmessage = () => {
        this.port.postMessage(this.#block.slice(0, this.#filled)); // the rest, and the end
        this.port.postMessage(undefined);
        this.#isOpen = false;
      };
    }

    process(
      [channels]: readonly (readonly Float32Array[])[],
      [outputs]: readonly (readonly Float32Array[])[],
    ): boolean {
      const samples = channels?.[0];
      const count = outputs![0]!.length;
      for (let i = 0; i < count; i++) {
        this.#block[this.#filled++] = samples ? samples[i]! : 0;
        if (this.#filled < this.#length) continue;
        this.port.postMessage(this.#block, [this.#block.buffer]);
        this.#block = new Float32Array(this.#length);
        this.#filled = 0;
      }
      return this.#isOpen;
    }
  }

  /** Gives what is posted to it, and silence when that is used up. Says when it could take more. */
  class Feed extends scope.AudioWorkletProcessor {
    #blocks: Float32Array[] = [];
    #read = 0;
    #isOpen = true;
    #isHungry = true;

    constructor() {
      super();
      this.port.onmessage = ({ data }: MessageEvent<Float32Array | undefined>) => {
        if (data) this.#blocks.push(data);
        else this.#isOpen = false;
        this.#isHungry = true;
      };
    }

    process(_: unknown, [outputs]: readonly (readonly Float32Array[])[]): boolean {
      const output = outputs![0]!;
      for (let i = 0; i < output.length; i++) {
        while (this.#blocks[0] && this.#read >= this.#blocks[0].length) {
          this.#blocks.shift();
          this.#read = 0;
        }
        output[i] = this.#blocks[0]?.[this.#read++] ?? 0;
      }
      if (this.#blocks.length < 2 && this.#isHungry && this.#isOpen) {
        this.#isHungry = false;
        this.port.postMessage(undefined);
      }
      return this.#isOpen || this.#blocks.length > 0;
    }
  }

  scope.registerProcessor('evercall-tap', Tap);
  scope.registerProcessor('evercall-feed', Feed);
}

/** As a module for `addModule`. */
export const workletSource = (): string => `(${registerProcessors.toString()})()`;
