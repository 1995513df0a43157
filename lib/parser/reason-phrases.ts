/** The reason phrases of RFC 3261 §21 and of the IANA registry of SIP response codes. */

/** A status, and the phrases of it and of those that follow. */
const runs =
  '100Trying;180Ringing|Call Is Being Forwarded|Queued|Session Progress;199Early Dialog Terminated|OK;' +
  '202Accepted;204No Notification;300Multiple Choices|Moved Permanently|Moved Temporarily;305Use Proxy;' +
  '380Alternative Service;' +
  '400Bad Request|Unauthorized|Payment Required|Forbidden|Not Found|Method Not Allowed|Not Acceptable|' +
  'Proxy Authentication Required|Request Timeout;' +
  '410Gone;' +
  '412Conditional Request Failed|Request Entity Too Large|Request-URI Too Long|Unsupported Media Type|' +
  'Unsupported URI Scheme|Unknown Resource-Priority;' +
  '420Bad Extension|Extension Required|Session Interval Too Small|Interval Too Brief|Bad Location Information|' +
  'Bad Alert Message;' +
  '428Use Identity Header|Provide Referrer Identity|Flow Failed;433Anonymity Disallowed;' +
  '436Bad Identity Info|Unsupported Credential|Invalid Identity Header|First Hop Lacks Outbound Support|' +
  'Max-Breadth Exceeded;' +
  '469Bad Info Package|Consent Needed;' +
  '480Temporarily Unavailable|Call/Transaction Does Not Exist|Loop Detected|Too Many Hops|Address Incomplete|' +
  'Ambiguous|Busy Here|Request Terminated|Not Acceptable Here|Bad Event;' +
  '491Request Pending;493Undecipherable|Security Agreement Required;' +
  '500Server Internal Error|Not Implemented|Bad Gateway|Service Unavailable|Server Time-out|' +
  'Version Not Supported;' +
  '513Message Too Large;555Push Notification Service Not Supported;580Precondition Failure;600Busy Everywhere;' +
  '603Decline|Does Not Exist Anywhere;606Not Acceptable|Unwanted|Rejected';

/** Made with the first response. */
let made: ReadonlyMap<number, string> | undefined;

function readRuns(): ReadonlyMap<number, string> {
  const all = new Map<number, string>();
  for (const run of runs.split(';')) {
    run
      .slice(3)
      .split('|')
      .forEach((phrase, index) => all.set(Number(run.slice(0, 3)) + index, phrase));
  }
  return all;
}

/** The registered phrase of a status; for others the phrase of their class's x00 (§8.1.3.2); empty if there is none. */
export function reasonPhrase(status: number): string {
  const phrases = (made ??= readRuns());
  return (
    phrases.get(status) ?? (status < 200 ? 'Session Progress' : (phrases.get(Math.floor(status / 100) * 100) ?? ''))
  );
}
