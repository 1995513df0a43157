/** The words the four machines speak: what happened to a transaction, and what is to be done about it. */

/** What can happen to a client transaction. */
export type ClientEvent =
  | 'start' //          the request is to be sent
  | 'provisional' //    a 1xx came
  | 'success' //        a 2xx came
  | 'failure' //        a 3xx-6xx came
  | 'timeout' //        timer B or F
  | 'linger' //         timer M
  | 'cancelled' //      a CANCEL for it was sent
  | 'giveUp' //         64·T1 after that
  | 'transportError' // the request could not be sent
  | 'connectionLost'; // it was, on a connection that is gone

/** What can happen to a server transaction. */
export type ServerEvent =
  | 'request' //        the request came, or came again
  | 'ack' //            an ACK that matches
  | 'sendProvisional' // the user answers 1xx
  | 'sendSuccess' //    the user answers 2xx
  | 'sendFailure' //    the user answers 3xx-6xx
  | 'timeout' //        timer H
  | 'linger'; //        timer L

/** What is to be done; carried out in order by the transaction layer, after the next state is stored. */
export type Effect =
  | 'sendRequest'
  | 'sendAck' //          §17.1.1.3, to the response at hand
  | 'sendResponse' //     the one the user just gave
  | 'resendResponse' //   the last one sent
  | 'deliver' //          the message at hand, to the user
  | 'startB'
  | 'startF'
  | 'startH'
  | 'startL'
  | 'startM'
  | 'startGiveUp'
  | 'failTimeout'
  | 'failTransport'
  | 'failNoAck';

/** One step of a machine. Steps are constants: a transition allocates nothing. */
export type Step<State> = readonly [next: State, effects: readonly Effect[]];
