/** Who is writing a message in a call, we and the peer (RFC 3994). */
import type { Body } from '../parser/index.js';
import type { Leg } from './leg.js';

const contentType = { name: 'Content-Type', value: 'application/im-iscomposing+xml' };

/** Milliseconds without a key after which nobody writes any more (§3.2). */
const idleTime = 15_000;
/** Seconds that a peer believes us, and how soon it is told again (§3.2, §3.3). */
const refresh = 120;
const again = 60_000;

/** What is known of one call. */
interface Writing {
  /** When the peer was told that we write. */
  saidAt: number | undefined;
  cancelIdle: (() => void) | undefined;
  cancelExpiry: (() => void) | undefined;
  /** The peer knows nothing of it. */
  isRefused: boolean;
}

const writings = new WeakMap<Leg, Writing>();

function of(leg: Leg): Writing {
  let writing = writings.get(leg);
  if (!writing) {
    const made: Writing = { saidAt: undefined, cancelIdle: undefined, cancelExpiry: undefined, isRefused: false };
    writings.set(leg, (writing = made));
    leg.onMessagePassed = (way) => {
      if (way === 'sent') stopWriting(made);
      else expire(leg, made);
    };
    void leg.ended.then(() => {
      stopWriting(made);
      made.cancelExpiry?.();
    });
  }
  return writing;
}

/** A key was pressed: the peer is told, but not with each. */
export function write(leg: Leg): void {
  if (leg.end) return;
  const writing = of(leg);
  const { clock } = leg.context;
  writing.cancelIdle?.();
  writing.cancelIdle = clock.after(idleTime, () => {
    stopWriting(writing);
    say(leg, writing, 'idle');
  });
  if (writing.saidAt !== undefined && clock.now() - writing.saidAt < again) return;
  writing.saidAt = clock.now();
  say(leg, writing, 'active');
}

/** The message itself says that it is written (§3.2). */
function stopWriting(writing: Writing): void {
  writing.cancelIdle?.();
  writing.cancelIdle = writing.saidAt = undefined;
}

function say(leg: Leg, writing: Writing, state: 'active' | 'idle'): void {
  const { session } = leg;
  if (!session || leg.end || writing.isRefused) return;
  const more = state === 'active' ? `<refresh>${refresh}</refresh>` : '';
  const body =
    '<?xml version="1.0" encoding="UTF-8"?>\r\n<isComposing xmlns="urn:ietf:params:xml:ns:im-iscomposing">' +
    `<state>${state}</state><contenttype>text/plain</contenttype>${more}</isComposing>`;
  session.request('MESSAGE', [contentType], body).then(
    ({ status }) => (writing.isRefused = status >= 400 && status < 500),
    (error: unknown) => leg.context.log.info(`who writes could not be told: ${String(error)}`),
  );
}

/** More than such a document needs. */
const longest = 8192;

/** Takes the peer's word; what cannot be read says nothing. */
export function hear(leg: Leg, body: Body): void {
  const state = typeof body === 'string' && body.length <= longest ? element(body, 'state') : undefined;
  if (state === undefined || leg.end) return;
  const writing = of(leg);
  if (state !== 'active') {
    expire(leg, writing); // an unknown state is idle (§3.4)
    return;
  }
  const seconds = Math.min(Math.max(Number(element(body as string, 'refresh')) || refresh, 1), 3600);
  const isNew = writing.cancelExpiry === undefined;
  writing.cancelExpiry?.();
  writing.cancelExpiry = leg.context.clock.after(seconds * 1000, () => {
    expire(leg, writing);
  });
  if (isNew) leg.tell('composing', { active: true });
}

function expire(leg: Leg, writing: Writing): void {
  if (!writing.cancelExpiry) return;
  writing.cancelExpiry();
  writing.cancelExpiry = undefined;
  leg.tell('composing', { active: false });
}

/** The text of an element, whatever the prefix of its namespace. */
const element = (xml: string, name: string): string | undefined =>
  new RegExp(`<(?:[\\w.-]+:)?${name}(?:\\s[^<>]*)?>\\s*([\\w.-]+)\\s*</`).exec(xml)?.[1];
