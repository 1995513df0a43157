// The demo page: the softphone element, and lists of whom to be and whom to call.
import { defineSoftphone } from '../lib/elements/index.js';
import type { Directory } from './server/directory.js';

defineSoftphone();

const softphone = document.querySelector('evercall-softphone')!;
const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
softphone.server = `${scheme}://${location.host}`;

/** Faults of the server's own side. */
function serverFault(id: string, path: string): void {
  const button = document.getElementById(id)!;
  button.addEventListener('click', () => {
    softphone.note(`You: ${button.textContent}`);
    const headers = { 'Content-Type': 'application/json' };
    void fetch(path, { method: 'POST', headers }).then(({ ok }) => {
      if (!ok) softphone.note('The server does not do that: it is open to others, too');
    });
  });
}
serverFault('restart', '/faults/restart?seconds=3');
serverFault('path', '/faults/path');

/** A row with a button. */
function item(title: string, text: string, verb: string, label: string, act: () => void): HTMLButtonElement {
  const button = element('button', verb);
  button.type = 'button';
  button.setAttribute('aria-label', label);
  button.addEventListener('click', act);
  const words = element('div');
  words.append(element('strong', title), element('span', text));
  element('li').append(words, button);
  return button;
}

function element<K extends keyof HTMLElementTagNameMap>(name: K, text = ''): HTMLElementTagNameMap[K] {
  return Object.assign(document.createElement(name), { textContent: text });
}

function fill(id: string, buttons: readonly HTMLButtonElement[]): void {
  document.getElementById(id)!.replaceChildren(...buttons.map((button) => button.parentElement!));
}

/** Whom to be, and whom to call. */
async function list(): Promise<void> {
  const { domain, users, numbers } = (await (await fetch('/directory.json')).json()) as Directory;

  fill(
    'user-list',
    users.map(({ name, displayName, password }) =>
      item(name, `password ${password}`, 'Sign in', `Sign in as ${displayName}`, () => {
        void softphone.signIn({ address: `${name}@${domain}`, password });
      }),
    ),
  );

  const callButtons = numbers.map(({ name, says }) =>
    item(name, says, 'Call', `Call ${name}`, () => {
      softphone.call(name);
    }),
  );
  fill('number-list', callButtons);

  /** Calls need somebody who is signed in. */
  const refresh = (): void => {
    const isReady = softphone.account?.isRegistered ?? false;
    for (const button of callButtons) button.disabled = !isReady;
  };
  softphone.addEventListener('registrationchange', refresh);
  refresh();
}

void list(); // nothing of the module waits for it: what is loaded on demand stands behind it in the bundle
