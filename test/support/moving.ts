// A call of a registered account, and a network that changes as the test says.
import { assert } from 'chai';
import type { AccountOptions, Call, IpChangePolicy, IpChangeProgress, NetworkEvidence } from '../../lib/index.js';
import type { SipRequest } from '../../lib/parser/index.js';
import { described, talkingTo } from './calls.js';
import { settle } from './fake-clock.js';
import { peerSdp } from './phone.js';
import type { Phone } from './phone.js';
import { bound } from './registering.js';

export const ufrag = (sdp: unknown): string => /a=ice-ufrag:(\S+)/.exec(String(sdp))![1]!;

export interface Moving extends Phone {
  readonly call: Call;
  readonly invite: SipRequest;
  readonly witness: (evidence: NetworkEvidence) => void;
  readonly steps: IpChangeProgress[];
}

interface MovingOptions extends IpChangePolicy {
  readonly keepAlive?: 'auto' | false;
  readonly callPolicy?: 'exclusive' | 'mix';
  readonly account?: Partial<AccountOptions>;
}

export async function moving({
  keepAlive = false,
  callPolicy = 'mix',
  account = {},
  ...ipChange
}: MovingOptions = {}): Promise<Moving> {
  let tell: ((evidence: NetworkEvidence) => void) | undefined;
  const network = { watch: (listener: typeof tell) => ((tell = listener), () => (tell = undefined)) };
  const stage = await talkingTo(
    { headers: ['Allow: INVITE, ACK, BYE, UPDATE'] },
    {},
    { account, ipChange, network, keepAlive, callPolicy },
  );
  const registered = stage.account.register();
  const register = await stage.server.request('REGISTER');
  stage.server.respond(register, 200, { headers: [bound(register, 600)] });
  await registered;
  const steps: IpChangeProgress[] = [];
  stage.ua.on('ipChangeProgress', (progress) => steps.push(progress));
  return { ...stage, witness: (evidence) => tell?.(evidence), steps };
}

/** The REGISTER and the re-INVITE that bring everything back, in whatever order, are answered. */
export async function answerAll({ server, media }: Moving): Promise<{ register: SipRequest; invite: SipRequest }> {
  await settle();
  const [a, b] = server.received.slice(-2) as SipRequest[];
  await server.skip();
  const [register, invite] = a!.method === 'REGISTER' ? [a!, b!] : [b!, a!];
  assert.deepEqual([register.method, invite.method], ['REGISTER', 'INVITE']);
  server.respond(register, 200, { headers: [bound(register, 600)] });
  server.respond(invite, 200, { headers: described, body: peerSdp('sendrecv', 2) });
  await server.request('ACK');
  media.connections.at(-1)!.become('disconnected');
  media.connections.at(-1)!.become('connected');
  await settle();
  return { register, invite };
}
