/** evercall: the SIP phone for the web page whose calls survive. */
export { UserAgent } from './user-agent/user-agent.js';
export type { StopOptions, UserAgentEvents, UserAgentSnapshot } from './user-agent/user-agent-events.js';
export type { UserAgentMediaOptions } from './media/media-config.js';
export type { Environment, ReconnectOptions, UserAgentOptions } from './user-agent/user-agent-options.js';
export type { StoredAccount, StoredState } from './user-agent/account-store.js';
export type { CompleteOptions } from './user-agent/persistence.js';
export type { CallLog, CallLogEntry, CallLogSnapshot, CallLogState, CallLogStatus } from './user-agent/call-log.js';
export type { KeyValueStorage } from './base/storage.js';
export type { Audio } from './user-agent/audio.js';
export type { AudioCapabilities, AudioSystem, OpenDeviceOptions } from './audio/audio-system.js';
export type { AudioEvents, AudioState, DevicesChange } from './audio/audio-events.js';
export type { AudioOptions, InterruptionPolicy } from './audio/audio-options.js';
export type { AudioPort, PortEvents, PortKind } from './audio/port.js';
export type { Connection } from './audio/connection.js';
export type { SignalLevel } from './audio/meter.js';
export type { Conference, ConferenceOptions, LeaveOptions, Party } from './audio/conference.js';
export type { DevicePreference } from './audio/device-choice.js';
export type { AudioEnvironment } from './audio/environment.js';
export type { AudioProcessor } from './audio/processor.js';
export type { AudioSource } from './audio/decode.js';
export type { CallTone, ToneOptions, ToneSegment } from './audio/cadence.js';
export type { CustomPortOptions } from './audio/custom-port.js';
export type { DetectorEvents, Tap, TapEvents, ToneDetector } from './audio/listening-ports.js';
export type { Player, PlayerEvents, PlayerOptions } from './audio/player.js';
export type { Recorder, RecorderOptions } from './audio/recorder.js';
export type { Ringer, RingerOptions, RingStyle } from './audio/ringer.js';
export type { Account } from './account/account.js';
export type { DisposeOptions } from './account/account-context.js';
export type {
  AccountEvents,
  AccountInfo,
  AccountSnapshot,
  CredentialsRequest,
  IncomingMessage,
  RejectedCall,
} from './account/account-events.js';
export type {
  AccountOptions,
  AuthenticationOptions,
  ContactOptions,
  MessageWaitingOptions,
  ParameterOptions,
  RetryOptions,
} from './account/account-options.js';
export type {
  Notification,
  SubscribeOptions,
  Subscription,
  SubscriptionChange,
  SubscriptionEnd,
  SubscriptionEvents,
  SubscriptionState,
} from './subscription/subscription.js';
export type { MessageCount, MessageSummary } from './subscription/message-summary.js';
export type { AccountEdit } from './account/edit.js';
export type { Privacy } from './call/privacy.js';
export type { Call } from './call/call.js';
export type {
  CallEvents,
  CallRequest,
  CallResponse,
  CallSnapshot,
  RemoteParty,
  SessionIdentifiers,
} from './call/call-events.js';
export type { OutgoingRequest, OutgoingRequestHook, RequestAddition } from './call/outgoing-request.js';
export type {
  AnswerOptions,
  CallOptions,
  HangupOptions,
  MediaOptions,
  RejectOptions,
  ReplacedDialog,
  RingOptions,
} from './call/call-options.js';
export type { Transfer, TransferOptions, TransferProgress } from './call/transfer.js';
export type { IncomingRefer } from './call/incoming-refer.js';
export type { RedirectChoice, RedirectContact, RedirectPolicy, Redirection } from './session/redirection.js';
export type { AutoAnswer, AutoAnswerFact } from './call/auto-answer.js';
export type { CallLimits } from './call/limit-options.js';
export type { AccountIpChange, CallRefresh } from './call/ip-change-policy.js';
export type { Rung } from './call/ladder.js';
export type { CallConnection } from './call/reconnection.js';
export type {
  HandleIpChangeOptions,
  IpChangeOf,
  IpChangeOfAccount,
  IpChangePolicy,
  IpChangeProgress,
  IpChangeReport,
  NetworkReachability,
} from './user-agent/ip-change-options.js';
export type { PushOptions, PushReport } from './user-agent/push-wake.js';
export type { NetworkEvidence, NetworkSource } from './network/network-monitor.js';
export type { CallState } from './call/call-state.js';
export type { CallAttempt, CallEnd, EndCause, EndReason } from './call/end-cause.js';
export type { CallDialog, CallInfo } from './call/call-info.js';
export type { CallDiversion, CallIdentity, HistoryEntry, RemotePartyIdentity } from './call/identity.js';
export type { IdentityOptions } from './call/identity-options.js';
export type { UserToUser, UserToUserData, UserToUserOption } from './call/user-to-user.js';
export type { SendDtmfOptions } from './call/dtmf.js';
export type { InfoOptions, MessageOptions, ReinviteOptions, RequestOptions, UpdateOptions } from './call/in-dialog.js';
export type { ExtensionOptions, SessionTimerOptions } from './session/extensions.js';
export type { MediaEnvironment } from './media/environment.js';
export type { OfferEvent } from './call/peer-offer.js';
export type { AddVideoOptions, ShareScreenOptions } from './call/video.js';
export type { CodecPreferences } from './media/codecs.js';
export type { Direction } from './media/direction.js';
export type { MediaLine, MediaStatus, OfferedChange } from './media/media-lines.js';
export type { CallQuality } from './media/quality.js';
export type { SdpHook, SdpHooks } from './media/sdp-hooks.js';
export type { VideoWish } from './media/video-source.js';
export type { MediaState } from './media/connection-state.js';
export type { MediaStats } from './media/media-stats.js';
export type {
  ContactUpdate,
  RegisterOptions,
  RegistrationChange,
  RegistrationState,
} from './registration/registration-context.js';
export type { DtmfSignal } from './session/dtmf-relay.js';
export type {
  AuthenticationChallenge,
  BearerCredentials,
  Credentials,
  CredentialsProvider,
  DigestCredentials,
} from './core/credentials.js';
export type { RememberedCredentials } from './core/authenticator.js';
export type { DigestAlgorithm } from './core/credentials.js';
export { EvercallError } from './base/errors.js';
export type { ErrorCode } from './base/errors.js';
export { consoleLogger, silentLogger } from './base/log.js';
export type { LogLevel, Logger } from './base/log.js';
export type { Clock } from './base/clock.js';
export type { Random } from './base/random.js';
export type { EventSource } from './base/emitter.js';
export type { WebSocketFactory, WebSocketLike } from './transport/websocket-connection.js';
export type { Stats } from './transport/stats.js';
export type { Header, SipRequest, SipResponse } from './parser/index.js';
