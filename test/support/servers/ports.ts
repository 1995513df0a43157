// Ports of the loopback that nobody uses.
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

const handedOut = new Set<number>();

/** The port, or any that is free for TCP; undefined where it is taken. */
function tcpPort(wanted = 0): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer().once('error', () => {
      resolve(undefined);
    });
    server.listen(wanted, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => {
        resolve(port);
      });
    });
  });
}

function udpPortIsFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => {
      resolve(false);
    });
    socket.bind(port, '127.0.0.1', () => {
      socket.close(() => {
        resolve(true);
      });
    });
  });
}

/** A port that is free for TCP and for UDP, and that this process was not given before. */
export const freePort = (): Promise<number> => freePorts(1);

/** So many in a row, each of them such a port; resolves with the first. */
export async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = await tcpPort();
    if (first === undefined) throw new Error('no TCP port is free');
    const row = Array.from({ length: count }, (_, index) => first + index);
    if (!(await allFree(row))) continue;
    for (const port of row) handedOut.add(port);
    return first;
  }
}

async function allFree(ports: readonly number[]): Promise<boolean> {
  for (const port of ports) {
    if (handedOut.has(port) || (await tcpPort(port)) === undefined || !(await udpPortIsFree(port))) return false;
  }
  return true;
}
