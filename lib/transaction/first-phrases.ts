/** The reason phrases of responses that are given before the parts are there which have all of them (RFC 3261 §21). */
const phrases: Readonly<Record<number, string>> = {
  100: 'Trying',
  200: 'OK',
  400: 'Bad Request',
  480: 'Temporarily Unavailable',
  481: 'Call/Transaction Does Not Exist',
  487: 'Request Terminated',
  501: 'Not Implemented',
  505: 'Version Not Supported',
  513: 'Message Too Large',
};

/** Empty for others, which RFC 3261 §25.1 allows. */
export const firstPhrase = (status: number): string => phrases[status] ?? '';
