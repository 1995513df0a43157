/** Writes the timeline: listens to the user agent, the account, the calls and the sound, and says in plain words what they tell. */
import type { Clock } from '../base/clock.js';
import type { Account, Call, RegistrationState, UserAgent } from '../index.js';
import { ConnectionStory } from './connection-story.js';
import type { Timeline } from './timeline.js';
import { devicesText, progressText, recoveriesText } from './timeline-words.js';
import { callWords, endText, errorText } from './words.js';

export interface ChronicleUser {
  who(call: Call): string;
  /** Worth being told at once, with the timeline out of sight. */
  onNews(text: string): void;
}

export class Chronicle {
  readonly #timeline: Timeline;
  readonly #clock: Clock;
  readonly #user: ChronicleUser;
  readonly #stories = new WeakMap<Call, ConnectionStory>();

  constructor(timeline: Timeline, clock: Clock, user: ChronicleUser) {
    this.#timeline = timeline;
    this.#clock = clock;
    this.#user = user;
  }

  /** The state of a call's connection, in a word. */
  connectionWords(call: Call): string {
    return this.#stories.get(call)?.words ?? '';
  }

  attach(userAgent: UserAgent, account: Account): void {
    userAgent.on('ipChangeProgress', (progress) => {
      const text = progressText(progress, (call) => this.#user.who(call));
      const isGood = progress.step === 'completed' || ('ok' in progress && progress.ok);
      if (text !== undefined) this.#timeline.add(text, isGood ? 'good' : 'bad');
    });
    this.#followAccount(account);
    this.#followSound(userAgent);
  }

  /** A call that has just begun. */
  follow(call: Call): void {
    const who = this.#user.who(call);
    const story = new ConnectionStory(this.#clock);
    this.#stories.set(call, story);
    const add = (text: string, tone?: 'bad' | 'good'): void => {
      this.#timeline.add(text, tone);
    };
    add(call.direction === 'incoming' ? `Call from ${who}` : `Call to ${who}`);
    call.on('stateChanged', ({ state }) => {
      if (state === 'early' && call.direction === 'outgoing') add(`${who} is ringing`);
      if (state === 'confirmed') add(`In call with ${who}`);
    });
    call.on('connectionChanged', ({ connection }) => {
      const news = story.onChanged(connection);
      if (news === undefined) return;
      add(`Call with ${who}: ${news}`, connection === 'connected' ? 'good' : 'bad');
      this.#user.onNews(`Call with ${who}: ${news}`);
    });
    call.on('mediaStateChanged', ({ state }) => {
      if (state === 'disconnected' || state === 'failed') add(`Call with ${who}: the sound has lost its path`, 'bad');
    });
    call.on('holdChanged', () => add(`Call with ${who}: ${callWords(call)}`));
    call.on('muteChanged', ({ muted }) => add(muted ? 'Microphone muted' : 'Microphone on'));
    call.on('identityChanged', () => add(`The call with ${who} is one with ${this.#user.who(call)} now`));
    call.on('ended', (end) => {
      const recoveries = recoveriesText(end, who);
      if (recoveries !== undefined) add(recoveries);
      add(endText(call, end, who), end.error && end.cause !== 'cancelled' ? 'bad' : undefined);
    });
  }

  #followAccount(account: Account): void {
    let told: RegistrationState | undefined;
    let isConnected = true;
    account.on('connectionChanged', ({ connected, reason }) => {
      if (connected !== isConnected) {
        if (connected) this.#timeline.add('Connected to the server again', 'good');
        else this.#timeline.add(`The connection to the server is lost${reason ? ` (${reason})` : ''}`, 'bad');
        told = undefined; // the registration is news again
      }
      isConnected = connected;
    });
    account.on('registrationChanged', ({ state, status, reason }) => {
      const answer = status === undefined ? (reason ?? '') : `${status} ${reason ?? ''}`.trim();
      if (state === told || state === 'refreshing' || state === 'registering' || state === 'none') return;
      told = state;
      if (state === 'registered') this.#timeline.add('Signed in', 'good');
      else if (state === 'failed') this.#timeline.add(`Not signed in: ${answer}`, 'bad');
      else this.#timeline.add('Signed out');
    });
  }

  #followSound({ audio }: UserAgent): void {
    const add = (text: string, tone?: 'bad' | 'good'): void => {
      this.#timeline.add(text, tone);
    };
    const kinds = { input: 'Microphone', output: 'Speaker' };
    audio.on('devicesChanged', (change) => add(devicesText(change), change.lost.length > 0 ? 'bad' : undefined));
    audio.on('deviceSwitched', ({ kind, label }) => add(`${kinds[kind]} in use: ${label || 'the default'}`, 'good'));
    audio.on('deviceFailed', ({ kind, error }) => add(`${kinds[kind]}: ${errorText(error)}`, 'bad'));
    audio.on('interruption', ({ phase }) =>
      add(phase === 'begin' ? 'Something else has the sound of this machine' : 'The sound is ours again'),
    );
    audio.on('hardwareMuteChanged', ({ muted }) =>
      add(muted ? 'The microphone is switched off at the device' : 'The microphone is switched on at the device'),
    );
    audio.on('activationRequired', () => add('The browser plays nothing before a click'));
  }
}
