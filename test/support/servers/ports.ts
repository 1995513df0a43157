// Ports of the loopback that nobody uses.
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

const handedOut = new Set<number>();

function tcpPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
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
export async function freePort(): Promise<number> {
  for (;;) {
    const port = await tcpPort();
    if (handedOut.has(port) || !(await udpPortIsFree(port))) continue;
    handedOut.add(port);
    return port;
  }
}
