/** The BYE: it goes its own way, when the session is over for us (RFC 3261 §15.1.1). */
import type { Header } from '../parser/index.js';
import type { Session } from './session.js';

/** Milliseconds that it waits for a connection: longer than all else that the user wants, for the peer is kept by it. */
const patience = 120_000;

/** One that is lost with its connection is said again on the next: a second is refused, and harms nobody. */
export function sendBye(session: Session, headers: readonly Header[], isLast = false): void {
  const { core, flow, authenticator, log } = session.context;
  core.request(
    session.dialog.plan('BYE', headers),
    { flow, authenticator, patience },
    {
      onFinal: (response) => {
        if (response.status >= 300 && response.status !== 481) log.warn(`BYE: ${response.status} ${response.reason}`);
      },
      onFailure: (error) => {
        log.warn(`BYE: ${error.message}`);
        if (error.code === 'transport' && flow.state !== 'idle' && !isLast) sendBye(session, headers, true);
      },
    },
  );
}
