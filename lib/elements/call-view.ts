/** One call: who, its state in words, its time, and what can be done with it now. */
import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import type { Call } from '../index.js';
import { hangupIcon, holdIcon, keypadIcon, micIcon, mutedIcon, phoneIcon, resumeIcon } from './icons.js';
import { digitOf, keypadView } from './keypad-view.js';
import { callWords, durationText } from './words.js';

export interface CallViewUser {
  onAnswer(call: Call): void;
  onEnd(call: Call): void;
  onHold(call: Call): void;
  onMute(call: Call): void;
  /** Opens or closes the keypad of the call. */
  onKeypad(call: Call): void;
  onDigit(call: Call, digit: string): void;
}

/** What the softphone knows of a call beside the call itself. */
export interface CallLook {
  readonly who: string;
  /** The state of its connection, in a word. */
  readonly connection: string;
  readonly isKeypadOpen: boolean;
  /** Digits sent so far. */
  readonly digits: string;
}

const isRinging = ({ direction, state }: Call): boolean =>
  direction === 'incoming' && (state === 'incoming' || state === 'early');

export function callView(call: Call, look: CallLook, user: CallViewUser): TemplateResult {
  return isRinging(call) ? ringingView(call, look, user) : ongoingView(call, look, user);
}

const initial = (who: string): string => (Array.from(who)[0] ?? '?').toUpperCase();

const headView = (call: Call, { who, connection }: CallLook): TemplateResult => html`
  <div class="who">
    <span class="avatar" aria-hidden="true">${initial(who)}</span>
    <div>
      <strong class="name">${who}</strong>
      <span class="state">${callWords(call)}</span>
      ${
        call.state === 'confirmed' || call.connection === 'reconnecting'
          ? html`<span class="connection" part="connection" data-connection=${call.connection}>${connection}</span>`
          : nothing
      }
    </div>
    ${
      call.duration > 0
        ? html`<span class="duration" role="timer" aria-label="Duration">${durationText(call.duration)}</span>`
        : nothing
    }
  </div>
`;

function ringingView(call: Call, look: CallLook, user: CallViewUser): TemplateResult {
  const { who } = look;
  return html`
    <li class="card ringing" part="incoming" data-state="incoming" data-call=${call.id}>
      <div role="group" tabindex="-1" aria-label="Incoming call from ${who}">
        ${headView(call, look)}
        <div class="choices">
          <button type="button" class="call answer" @click=${() => user.onAnswer(call)}>${phoneIcon} Answer</button>
          <button type="button" class="end" @click=${() => user.onEnd(call)}>${hangupIcon} Decline</button>
        </div>
      </div>
    </li>
  `;
}

function ongoingView(call: Call, look: CallLook, user: CallViewUser): TemplateResult {
  const { who, isKeypadOpen } = look;
  const isTalking = call.state === 'confirmed';
  const onKeydown = (event: KeyboardEvent): void => {
    const digit = isKeypadOpen && isTalking ? digitOf(event) : undefined;
    if (digit !== undefined) user.onDigit(call, digit);
  };
  return html`
    <li
      class="card"
      part="call"
      data-state=${call.localHold ? 'held' : call.state}
      data-call=${call.id}
      @keydown=${onKeydown}
    >
      <div role="group" tabindex="-1" aria-label="Call with ${who}">
        ${headView(call, look)}
        <div class="controls">
          ${isTalking ? talkingControls(call, look, user) : nothing}
          <button type="button" class="end hangup" @click=${() => user.onEnd(call)}>
            ${hangupIcon} ${isTalking ? 'Hang up' : 'Cancel'}
          </button>
        </div>
        ${isTalking && isKeypadOpen ? tonesView(call, look, user) : nothing}
      </div>
    </li>
  `;
}

const talkingControls = (call: Call, { isKeypadOpen }: CallLook, user: CallViewUser): TemplateResult => html`
  <button type="button" class="toggle mute" aria-pressed=${String(call.muted)} @click=${() => user.onMute(call)}>
    ${call.muted ? mutedIcon : micIcon}<span>Mute</span>
  </button>
  <button type="button" class="toggle hold" aria-pressed=${String(call.localHold)} @click=${() => user.onHold(call)}>
    ${call.localHold ? resumeIcon : holdIcon}<span>Hold</span>
  </button>
  <button type="button" class="toggle tones" aria-expanded=${String(isKeypadOpen)} @click=${() => user.onKeypad(call)}>
    ${keypadIcon}<span>Keypad</span>
  </button>
`;

const tonesView = (call: Call, { digits }: CallLook, user: CallViewUser): TemplateResult => html`
  <output class="digits" aria-label="Digits sent">${digits}</output>
  ${keypadView('Tones', (digit) => user.onDigit(call, digit))}
`;
