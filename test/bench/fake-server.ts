/** A server that answers at once and knows just enough: strings in, strings out, so that little of it is measured. */
import { peerSdp } from './fake-browser.js';

const answer = peerSdp('answer');
const offer = peerSdp('offer');

/** A header of a message whose names are spelt as everybody spells them. */
function value(message: string, name: string): string {
  const start = message.indexOf(`\r\n${name}: `);
  if (start < 0) return '';
  return message.slice(start + name.length + 4, message.indexOf('\r\n', start + 2));
}

/** As a proxy passes it on: the headers are those of Kamailio and of a common desk phone behind it. */
function reply(request: string, status: string, headers = '', body = ''): string {
  const to = value(request, 'To');
  return `SIP/2.0 ${status}\r\nVia: ${value(request, 'Via')};rport=51234;received=192.0.2.17\r\nFrom: ${value(request, 'From')}\r\nTo: ${to}${to.includes(';tag=') ? '' : ';tag=as5c3f2b9e'}\r\nCall-ID: ${value(request, 'Call-ID')}\r\nCSeq: ${value(request, 'CSeq')}\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`;
}

const contact = 'Contact: "Bob" <sip:bob@192.0.2.44:5061;transport=tls>\r\n';
const recordRoute =
  'Record-Route: <sip:192.0.2.1;r2=on;lr=on>\r\nRecord-Route: <sip:proxy.example;transport=ws;r2=on;lr=on>\r\n';
const capabilities =
  'Allow: INVITE, ACK, CANCEL, BYE, PRACK, UPDATE, INFO, NOTIFY, REFER, MESSAGE, OPTIONS\r\nSupported: timer, replaces, 100rel\r\nUser-Agent: Example Desk Phone 14.2.1\r\n';
const serverName = 'Server: kamailio (5.6.3 (x86_64/linux))\r\n';
const via = (id: string): string =>
  `Via: SIP/2.0/WS proxy.example;branch=z9hG4bK${id}.1\r\nVia: SIP/2.0/TLS 192.0.2.44:5061;rport=40112;received=192.0.2.44;branch=z9hG4bK${id}\r\n`;
const sdpType = 'Content-Type: application/sdp\r\n';
const dialog = recordRoute + contact + capabilities;

export class FakeServer {
  deliver: (frame: string) => void = () => undefined;
  /** Hears that a registration, a call or a message is over, on the wire. */
  onDone: () => void = () => undefined;
  #hangUp = false;
  #nonce = 0;
  #serial = 0;

  receive(message: string): void {
    queueMicrotask(() => {
      if (message === '\r\n\r\n') this.deliver('\r\n');
      else if (message.startsWith('SIP/2.0')) this.#onResponse(message);
      else this.#onRequest(message);
    });
  }

  /** Calls the phone; hangs up as soon as it has answered, if told so. */
  call(target: string, hangUp: boolean): void {
    this.#hangUp = hangUp;
    this.deliver(this.#request('INVITE', target, `${dialog}${sdpType}`, offer));
  }

  message(target: string): void {
    this.deliver(this.#request('MESSAGE', target, `Content-Type: text/plain\r\n`, 'hello'));
  }

  #request(method: string, target: string, headers: string, body: string): string {
    const id = `b7c1e2f0a9d84c55${++this.#serial}`;
    return `${method} ${target} SIP/2.0\r\n${via(id)}Max-Forwards: 69\r\nFrom: "Bob" <sip:bob@biloxi.example>;tag=${id}\r\nTo: <sip:alice@example.com>\r\nCall-ID: ${id}@192.0.2.44\r\nCSeq: 1 ${method}\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`;
  }

  #requestInDialog(method: string, sequence: number, response: string): string {
    const target = /<([^>]+)>/.exec(value(response, 'Contact'))![1]!;
    return `${method} ${target} SIP/2.0\r\n${via(`d${++this.#serial}`)}Max-Forwards: 69\r\nFrom: ${value(response, 'From')}\r\nTo: ${value(response, 'To')}\r\nCall-ID: ${value(response, 'Call-ID')}\r\nCSeq: ${sequence} ${method}\r\nContent-Length: 0\r\n\r\n`;
  }

  #onRequest(request: string): void {
    const method = request.slice(0, request.indexOf(' '));
    switch (method) {
      case 'REGISTER':
        this.#onRegister(request);
        return;
      case 'INVITE':
        this.deliver(reply(request, '100 trying -- your call is important to us', serverName));
        this.deliver(reply(request, '180 Ringing', dialog));
        this.deliver(reply(request, '200 OK', dialog + sdpType, answer));
        return;
      case 'ACK':
        return;
      default: // BYE, MESSAGE
        this.deliver(reply(request, '200 OK', serverName));
        this.onDone();
    }
  }

  /** Every registration is challenged once: the nonce is new each time. */
  #onRegister(request: string): void {
    const nonce = `ZqR5wWakeJXnG8Yc${this.#nonce}`;
    if (value(request, 'Authorization').includes(`nonce="${nonce}"`)) {
      this.#nonce++;
      this.deliver(reply(request, '200 OK', `Contact: ${value(request, 'Contact')};expires=600\r\n${serverName}`));
      this.onDone();
    } else {
      const challenge = `WWW-Authenticate: Digest realm="example.com", nonce="${nonce}", algorithm=MD5, qop="auth"\r\n`;
      this.deliver(reply(request, '401 Unauthorized', challenge + serverName));
    }
  }

  #onResponse(response: string): void {
    const cseq = value(response, 'CSeq');
    if (!/^SIP\/2.0 [12]/.test(response)) throw new Error(`refused: ${response}`); // measured would be something else
    if (cseq.endsWith('MESSAGE') || cseq.endsWith('BYE')) {
      this.onDone();
    } else if (cseq.endsWith('INVITE') && response.startsWith('SIP/2.0 2')) {
      this.deliver(this.#requestInDialog('ACK', 1, response));
      if (!this.#hangUp) return;
      const bye = this.#requestInDialog('BYE', 2, response);
      setImmediate(() => this.deliver(bye)); // when the ACK is digested
    }
  }
}
