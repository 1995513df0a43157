// Faults on purpose of this server's side: whoever is at its own page may restart it, or take the way of the sound away.
import type { IncomingMessage, ServerResponse } from 'node:http';

/** Who can suffer one. */
export interface FaultyServer {
  /** Closes every socket, forgets every registration, and takes nobody in for a while. */
  restart(seconds: number): void;
  /** What the numbers send and what is sent to them is lost, call by call, until its ICE is restarted. */
  losePaths(): void;
}

/** How long it may be away. */
const longest = 60;

/** `POST /faults/restart?seconds=3`, `POST /faults/path`; false for what is none of these. */
export function serveFault(request: IncomingMessage, response: ServerResponse, server: FaultyServer): boolean {
  if (request.method !== 'POST' || !request.url?.startsWith('/faults/')) return false;
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  const seconds = Number(searchParams.get('seconds') ?? 3);
  const done = (status: number): true => {
    response.writeHead(status).end();
    return true;
  };
  // another site's page may send a POST here, but not this header
  if (request.headers['content-type'] !== 'application/json') return done(415);
  if (pathname === '/faults/path') server.losePaths();
  else if (pathname !== '/faults/restart') return done(404);
  else if (!(seconds > 0 && seconds <= longest)) return done(400);
  else server.restart(seconds);
  return done(204);
}
