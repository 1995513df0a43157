/** What we say that we can, in the calls of an account: Allow, Supported, Recv-Info (RFC 3261 §20.5, §20.37, RFC 6086). */
import { allowHeader, allowedMethods, supportedOptions } from '../core/capabilities.js';
import type { Header } from '../parser/index.js';
import type { ExtensionConfig } from './extensions.js';

export interface Abilities extends ExtensionConfig {
  readonly allow: Header;
  /** Supported, of requests and responses that may use them. */
  readonly supported: Header;
  readonly recvInfo: Header | undefined;
  /** Allow, Supported and Recv-Info, of an INVITE or UPDATE of ours. */
  readonly abilities: readonly Header[];
}

/** One serves all calls that ask for nothing of their own. */
const known = new WeakMap<ExtensionConfig, Abilities>();

export function abilitiesOf(config: ExtensionConfig): Abilities {
  let all = known.get(config);
  if (!all) known.set(config, (all = newAbilities(config)));
  return all;
}

function newAbilities(config: ExtensionConfig): Abilities {
  const { methods, infoPackages, trickleIce } = config;
  const off = offTags(config);
  const supported = { name: 'Supported', value: [...supportedOptions].filter((tag) => !off.includes(tag)).join(', ') };
  const allow = methods.length === 0 ? allowHeader : allowing(methods);
  const recvInfo = recvInfoHeader(infoPackages, trickleIce !== 'off');
  const abilities = recvInfo ? [allow, supported, recvInfo] : [allow, supported];
  return { ...config, allow, supported, recvInfo, abilities };
}

const allowing = (methods: readonly string[]): Header => ({
  name: 'Allow',
  value: [...new Set([...allowedMethods, ...methods])].join(', '),
});

function recvInfoHeader(packages: readonly string[] | undefined, trickles: boolean): Header | undefined {
  if (!packages && !trickles) return undefined;
  return { name: 'Recv-Info', value: [...(packages ?? []), ...(trickles ? [tricklePackage] : [])].join(', ') };
}

export type Choice = Pick<ExtensionConfig, 'reliableProvisional' | 'sessionTimer' | 'trickleIce'>;

/** The info package, and the option tag, of candidates (RFC 8840 §10). */
export const tricklePackage = 'trickle-ice';

/** What we have no use for. */
export const offTags = ({ reliableProvisional, sessionTimer, trickleIce }: Choice): string[] => [
  ...(reliableProvisional === 'off' ? ['100rel'] : []),
  ...(sessionTimer.mode === 'off' ? ['timer'] : []),
  ...(trickleIce === 'off' ? [tricklePackage] : []),
];
