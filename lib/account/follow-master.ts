/** What a dependent account goes through as its master does: it shares the Contact, registers after it, and waits when it has to. */
import { quiet } from '../base/quiet.js';
import type { RegistrationChange } from '../registration/registration-context.js';
import type { Dependency, Peer } from './dependency.js';

/** @param change of the master's; without, it is found as it is */
export function followMaster(dependency: Dependency, change: RegistrationChange | undefined): void {
  const { master, host } = dependency;
  if (!master) return; // it was removed
  const identity = host.identities.current;
  if (!change) {
    if (master.isRegistered()) onRegistered(dependency, master);
    return;
  }
  switch (change.state) {
    case 'registered':
      onRegistered(dependency, master);
      return;
    case 'refreshing':
      return;
    case 'registering': // it has lost its binding or never had one; what we have may be stale when it is back
      dependency.isOpen = false;
      identity.pause();
      return;
    default:
      dependency.isOpen = false;
      if (dependency.isWanted) identity.mirror(change);
  }
}

function onRegistered(dependency: Dependency, master: Peer): void {
  const { isOpen: wasOpen, host, isWanted, always } = dependency;
  const { identities, warn, onContact } = host;
  const uri = sharedContact(dependency, master);
  dependency.isOpen = uri !== undefined;
  if (uri === undefined) {
    warn('the account it depends on has no GRUU to share');
    return;
  }
  const isOther = identities.share(uri);
  const identity = identities.current;
  // nobody can dial a page: another server finds it by a Path, if by that, through the master's
  if (isOther && /\.invalid\b/.test(uri) && !master.hasFlow(identity.branch.flow))
    warn('its registrar may not reach the Contact it shares, which is no GRUU');
  if (isWanted && (isOther || !wasOpen || always || !identity.isActive)) void quiet(identity.register());
  else if (isOther) onContact();
}

/** Byte for byte, as the master's registrar knows it. */
function sharedContact({ host }: Dependency, master: Peer): string | undefined {
  const { registered, gruu } = master.contact();
  const wanted = host.identities.current.config.sharedContact;
  switch (wanted) {
    case 'auto':
      return gruu ?? registered;
    case 'gruu':
      return gruu;
    case 'contact':
      return registered;
    case 'aor':
      return master.uri();
    default:
      return wanted;
  }
}
