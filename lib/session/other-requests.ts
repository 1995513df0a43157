/** Requests in a dialog that change nothing of its session: the app may answer them, else it is done here. */
import { optional } from '../core/optional.js';
import { ContentType, headerValue } from '../parser/index.js';
import type { SipRequest } from '../parser/index.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import { dtmfRelayType, isDtmfType, parseDtmf } from './dtmf-relay.js';
import { bringsCandidates, refusePackage } from './info-packages.js';
import type { Session } from './session.js';

export function onOtherRequest(session: Session, request: SipRequest, transaction: ServerTransaction): void {
  const { core, extensions } = session.context;
  const refusal = request.method === 'INFO' ? refusePackage(request, extensions) : undefined;
  if (refusal) {
    core.respond(transaction, refusal.status, refusal);
  } else if (bringsCandidates(request, extensions)) {
    core.respond(transaction, 200);
    session.user.onCandidates(request.body);
  } else {
    session.user.onRequest(request, transaction, () => {
      answer(session, request, transaction);
    });
  }
}

function answer(session: Session, request: SipRequest, transaction: ServerTransaction): void {
  const { core, extensions } = session.context;
  switch (request.method) {
    case 'OPTIONS':
      core.respondOptions(transaction, extensions.abilities);
      return;
    case 'INFO':
      answerInfo(session, request, transaction);
      return;
    case 'MESSAGE':
      session.user.onMessage(request, transaction);
      return;
    default:
      core.respond(transaction, 405, { headers: [extensions.allow] });
  }
}

function answerInfo(session: Session, request: SipRequest, transaction: ServerTransaction): void {
  const { core } = session.context;
  const type = optional(request, ContentType)?.type;
  const body = typeof request.body === 'string' ? request.body : '';
  const isDtmf = type !== undefined && isDtmfType(type);
  const signal = isDtmf ? parseDtmf(type, body) : undefined;
  if (signal) {
    core.respond(transaction, 200);
    session.user.onDtmf(signal);
  } else if (isDtmf) {
    core.respond(transaction, 400);
  } else if (type === 'application/media_control+xml') {
    core.respond(transaction, 200); // RFC 5168 §7.1: what is not understood is ignored
    if (/<picture_fast_update\b/.test(body)) session.user.onPictureWanted();
  } else if (type === undefined || headerValue(request, 'Info-Package') !== undefined) {
    core.respond(transaction, 200); // an empty INFO probes whether the call is alive
  } else {
    core.respond(transaction, 415, { headers: [{ name: 'Accept', value: dtmfRelayType }] });
  }
}
