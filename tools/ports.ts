/** Ports on this machine. */
import { type AddressInfo, connect, createServer } from 'node:net';
import { PlainError } from './setup/say.mjs';

const loopback = '127.0.0.1';

/** Another program has taken the port between its choice and its use. */
export class PortInUse extends PlainError {
  constructor(port: number) {
    super(`Port ${port} is in use: free it, or choose another one, and run the command again.`);
  }
}

/** Returns the first of the preferred ports that is free, else any free one. */
export async function choosePort(preferred: number[], host = loopback): Promise<number> {
  for (const port of preferred) if (await isFree(port, host)) return port;
  return findFreePort(host);
}

export async function findFreePort(host = loopback): Promise<number> {
  return (await listenBriefly(0, host)) ?? 0;
}

export async function isFree(port: number, host = loopback): Promise<boolean> {
  // Some systems let a program listen on 127.0.0.1 although another program listens on all addresses, so this also tries to connect.
  return (await listenBriefly(port, host)) !== undefined && !(await isAnswering(port));
}

/** Listens and stops at once. @returns the port; undefined when it cannot be had */
async function listenBriefly(port: number, host: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, host, () => {
      const address = server.address() as AddressInfo;
      server.close(() => resolve(address.port));
    });
  });
}

async function isAnswering(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: loopback });
    const finish = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
  });
}
