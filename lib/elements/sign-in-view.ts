/** The form that asks for server, address and password. */
import { html } from 'lit';
import type { TemplateResult } from 'lit';
import type { Identity } from './phone.js';

export interface SignInUser {
  onSignIn(identity: Identity): void;
}

export function signInView(identity: Identity, isBusy: boolean, user: SignInUser): TemplateResult {
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget as HTMLFormElement);
    const text = (name: string): string => (fields.get(name) as string).trim();
    user.onSignIn({ server: text('server'), address: text('address'), password: fields.get('password') as string });
  };
  return html`
    <form class="sign-in" part="sign-in" aria-label="Sign in" @submit=${onSubmit}>
      <label>
        <span>Address</span>
        <input
          name="address"
          .value=${identity.address}
          required
          autocomplete="username"
          autocapitalize="off"
          spellcheck="false"
          placeholder="alice@example.com"
        />
      </label>
      <label>
        <span>Password</span>
        <input name="password" type="password" .value=${identity.password} autocomplete="current-password" />
      </label>
      <label>
        <span>Server</span>
        <input
          name="server"
          .value=${identity.server}
          required
          inputmode="url"
          autocapitalize="off"
          spellcheck="false"
          placeholder="wss://sip.example.com"
        />
      </label>
      <button class="primary wide" type="submit" ?disabled=${isBusy}>${isBusy ? 'Signing in…' : 'Sign in'}</button>
    </form>
  `;
}
