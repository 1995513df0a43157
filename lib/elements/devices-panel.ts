/** Microphone, speaker and ring devices: to choose, to try out, and to watch while they come and go. Loaded when it is opened. */
import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { createRef, ref } from 'lit/directives/ref.js';
import { systemClock } from '../base/clock.js';
import { chooseDevice } from '../audio/device-choice.js';
import type { AudioSystem, DevicePreference, RingerOptions, UserAgent } from '../index.js';
import type { SoundPreferences } from './sound.js';
import { errorText } from './words.js';

export interface DevicesUser {
  readonly preferences: SoundPreferences;
  /** Kept for the next time, too. */
  onPreferences(preferences: SoundPreferences): void;
  /** The ringer with these devices. */
  ringer(devices: readonly DevicePreference[] | undefined): RingerOptions;
  onChange(): void;
}

type Kind = 'audioinput' | 'audiooutput';

/** Milliseconds that the speaker is tried out for. */
const trial = 1000;
/** Decibels of full scale at which the meter begins. */
const floor = -60;

export class DevicesPanel {
  readonly #userAgent: UserAgent;
  readonly #user: DevicesUser;
  readonly #meter = createRef<HTMLMeterElement>();
  readonly #undo: (() => void)[] = [];
  #audio: AudioSystem | undefined;
  #devices: readonly MediaDeviceInfo[] = [];
  /** The microphone was opened to be tried out, by nobody's call. */
  #isTrying = false;
  #isSpeaking = false;
  #problem = '';
  #isClosed = false;

  constructor(userAgent: UserAgent, user: DevicesUser) {
    this.#userAgent = userAgent;
    this.#user = user;
    const { audio } = userAgent;
    const refresh = (): void => void this.#refresh();
    this.#undo.push(audio.on('devicesChanged', refresh), audio.on('deviceOpened', refresh));
    this.#undo.push(audio.on('deviceSwitched', refresh), audio.on('stateChanged', refresh));
    this.#undo.push(
      audio.on('deviceFailed', ({ error }) => {
        this.#complain(error);
      }),
    );
    void this.#open();
  }

  close(): void {
    this.#isClosed = true;
    for (const undo of this.#undo.splice(0)) undo();
    this.#stopTrying();
  }

  view(): TemplateResult {
    const { input, output } = this.#user.preferences;
    const canChoose = this.#audio?.capabilities.outputChoice ?? false;
    return html`
      <section class="panel" part="devices" aria-label="Sound">
        ${this.#choice('Microphone', 'audioinput', input, (preference) => this.#setInput(preference))}
        ${this.#microphoneView()}
        ${
          canChoose
            ? this.#choice('Speaker', 'audiooutput', output, (preference) => this.#setOutput(preference))
            : html`<p class="dim">This browser plays everything where the system says.</p>`
        }
        <button
          type="button"
          class="try-speaker"
          ?disabled=${!this.#audio || this.#isSpeaking}
          @click=${() => void this.#trySpeaker()}
        >
          ${this.#isSpeaking ? 'You should hear a tone' : 'Test the speaker'}
        </button>
        ${canChoose ? this.#ringView() : nothing}
        <button
          type="button"
          class="try-ring"
          ?disabled=${!this.#audio}
          @click=${() => void this.#audio?.ringer.test()}
        >
          Test the ring
        </button>
        ${this.#problem ? html`<p class="notice error" role="alert">${this.#problem}</p>` : nothing}
      </section>
    `;
  }

  async #open(): Promise<void> {
    try {
      this.#audio = await this.#userAgent.audio.load();
      if (this.#isClosed) return;
      const port = this.#audio.device;
      this.#undo.push(
        port.on('levelChanged', ({ rx }) => {
          const meter = this.#meter.value; // twenty times a second: past the template
          if (meter) meter.value = Math.min(1, Math.max(0, 1 - (20 * Math.log10(rx || 1e-9)) / floor));
        }),
      );
      await this.#refresh();
    } catch (error) {
      this.#complain(error);
    }
  }

  async #refresh(): Promise<void> {
    if (!this.#audio || this.#isClosed) return;
    this.#devices = await this.#audio.devices();
    this.#user.onChange();
  }

  #complain(error: unknown): void {
    this.#problem = errorText(error);
    this.#user.onChange();
  }

  #of(kind: Kind): readonly MediaDeviceInfo[] {
    return this.#devices.filter((device) => device.kind === kind && device.deviceId !== '');
  }

  #choice(
    label: string,
    kind: Kind,
    preference: DevicePreference | undefined,
    choose: (preference: DevicePreference | undefined) => Promise<void>,
  ): TemplateResult {
    const devices = this.#of(kind).filter(({ deviceId }) => deviceId !== 'default');
    const chosen = chooseDevice(devices, kind, preference);
    const onChange = (event: Event): void => {
      const { value } = event.currentTarget as HTMLSelectElement;
      const device = devices.find(({ deviceId }) => deviceId === value);
      this.#problem = '';
      void choose(device && preferenceOf(device)).catch((error: unknown) => {
        this.#complain(error);
      });
    };
    return html`
      <label>
        ${label}
        <select class=${kind} @change=${onChange}>
          <option value="" ?selected=${!preference}>The system's default</option>
          ${
            preference && !chosen
              ? html`<option value="gone" selected disabled>
                  ${preference.label || 'The chosen one'} (not there)
                </option>`
              : nothing
          }
          ${devices.map(
            (device, index) =>
              html`<option value=${device.deviceId} ?selected=${device === chosen}>
                ${device.label || `${label} ${index + 1}`}
              </option>`,
          )}
        </select>
      </label>
    `;
  }

  #microphoneView(): TemplateResult {
    const isOpen = this.#audio?.inputSettings.granted !== undefined;
    return html`
      ${
        isOpen
          ? html`<meter
              class="microphone"
              aria-label="Level of the microphone"
              min="0"
              max="1"
              low="0.15"
              high="0.95"
              optimum="0.5"
              ${ref(this.#meter)}
            ></meter>`
          : nothing
      }
      ${
        isOpen && !this.#isTrying
          ? nothing
          : html`<button
              type="button"
              class="try-microphone"
              ?disabled=${!this.#audio}
              aria-pressed=${String(this.#isTrying)}
              @click=${() => void this.#tryMicrophone()}
            >
              ${this.#isTrying ? 'Stop the test' : 'Test the microphone'}
            </button>`
      }
    `;
  }

  /** None is chosen: it rings where calls are heard. */
  #ringView(): TemplateResult {
    const { ring = [] } = this.#user.preferences;
    const outputs = this.#of('audiooutput').filter(({ deviceId }) => deviceId !== 'default');
    const isChosen = (device: MediaDeviceInfo): boolean =>
      ring.some((preference) => chooseDevice(outputs, 'audiooutput', preference) === device);
    const onChange = (device: MediaDeviceInfo, isWanted: boolean): void => {
      const wanted = outputs.filter((other) => (other === device ? isWanted : isChosen(other)));
      // those that are not there now are not forgotten
      const absent = ring.filter((preference) => !chooseDevice(outputs, 'audiooutput', preference));
      this.#setRing([...absent, ...wanted.map(preferenceOf)]);
    };
    return html`
      <fieldset>
        <legend>Rings at</legend>
        ${outputs.map(
          (device, index) => html`
            <label class="check">
              <input
                type="checkbox"
                .checked=${isChosen(device)}
                @change=${(event: Event) => onChange(device, (event.currentTarget as HTMLInputElement).checked)}
              />
              ${device.label || `Speaker ${index + 1}`}
            </label>
          `,
        )}
        <p class="dim">${ring.length === 0 ? 'Where calls are heard' : nothing}</p>
      </fieldset>
    `;
  }

  async #setInput(input: DevicePreference | undefined): Promise<void> {
    this.#prefer('input', input);
    await this.#audio?.setInput(input);
  }

  async #setOutput(output: DevicePreference | undefined): Promise<void> {
    this.#prefer('output', output);
    await this.#audio?.setOutput(output);
  }

  #setRing(devices: readonly DevicePreference[]): void {
    this.#prefer('ring', devices.length > 0 ? devices : undefined);
    this.#audio?.ringer.configure(this.#user.ringer(devices));
  }

  #prefer<K extends keyof SoundPreferences>(name: K, value: SoundPreferences[K] | undefined): void {
    const { [name]: _, ...others } = this.#user.preferences;
    this.#user.onPreferences(value === undefined ? others : { ...others, [name]: value });
    this.#user.onChange();
  }

  async #tryMicrophone(): Promise<void> {
    if (this.#isTrying) {
      this.#stopTrying();
      return;
    }
    this.#isTrying = true;
    this.#problem = '';
    try {
      await this.#audio?.activate();
    } catch (error) {
      this.#isTrying = false;
      this.#complain(error);
    }
    await this.#refresh(); // names are known from now on
    if (this.#isClosed) this.#stopTrying();
  }

  #stopTrying(): void {
    if (!this.#isTrying) return;
    this.#isTrying = false;
    if (this.#userAgent.calls.length === 0) void this.#audio?.closeDevice();
    this.#user.onChange();
  }

  async #trySpeaker(): Promise<void> {
    const audio = this.#audio;
    if (!audio) return;
    this.#isSpeaking = true;
    this.#user.onChange();
    try {
      void audio.unlock();
      const tone = audio.createToneGenerator({ frequencies: [440, 554], on: trial, off: 0, loop: false });
      tone.connect(audio.device);
      await new Promise<void>((resolve) => systemClock.after(trial, resolve));
      tone.close();
    } catch (error) {
      this.#complain(error);
    }
    this.#isSpeaking = false;
    this.#user.onChange();
  }
}

const preferenceOf = ({ deviceId, label, groupId }: MediaDeviceInfo): DevicePreference => ({
  deviceId,
  label,
  groupId,
});
