/** A hospital's system at the other end of an MLLP connection. */
import { connect, type Socket } from 'node:net';

/** A message in its frame. */
export const frame = (message: string): Buffer => Buffer.from(`\u000b${message}\u001c\r`);

/** What comes is collected by frame. */
export class MllpLine {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  #bytes = Buffer.alloc(0);
  #changed: () => void = () => {};

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    this.closed = new Promise((resolve) => this.socket.once('close', () => resolve()));
    this.socket.on('error', () => {});
    this.socket.on('end', () => this.socket.end());
    this.socket.on('data', (portion) => {
      this.#bytes = Buffer.concat([this.#bytes, portion]);
      this.#changed();
    });
  }

  /** Resolves once there are so many answers: as many as there were messages. */
  async answers(count: number): Promise<string[]> {
    for (;;) {
      const parts = this.#bytes.toString().split('\u001c\r').slice(0, -1);
      if (parts.length >= count) return parts.map((part) => part.slice(1));
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  end(): void {
    this.socket.end();
  }
}
