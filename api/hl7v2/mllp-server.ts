/**
 * Listens for HL7 v2 over MLLP. The connection acts as one configured machine account; each message of it is answered before the next is
 * taken, in order. MLLP itself knows neither passwords nor encryption: it belongs into a network that only the hospital's systems reach.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { findAccount } from '../../db/directory/directory.ts';
import type { Words } from '../../domain/kit/errors.ts';
import { writeAcknowledgement } from '../../interop/hl7v2/kit/acknowledgement.ts';
import { encode } from '../../interop/hl7v2/kit/character-sets.ts';
import { emptyEnvelope } from '../../interop/hl7v2/kit/envelope.ts';
import { type Complaint, malformedError } from '../../interop/hl7v2/kit/hl7-error.ts';
import { FrameReader, type Framing, toFrame } from '../../interop/hl7v2/kit/mllp-frames.ts';
import { acknowledgementProfile } from '../../interop/hl7v2/registry.ts';
import type { Caller } from '../kit/auth.ts';
import { MAX_BODY_BYTES } from '../kit/body.ts';
import type { ApiDependencies } from '../kit/operation.ts';
import { receive } from './receive.ts';

export interface MllpOptions {
  host: string;
  port: number;
  /** The user name of the machine account. */
  account: string;
  /** The time allowed between the first and the last byte of a message, so that a sender that stops midway does not hold a connection for ever. */
  frameWithinMs?: number;
}

export interface MllpServer {
  port: number;
  /** Takes no new message, answers those it has taken, closes. */
  stop(): Promise<void>;
}

const FRAME_WITHIN_MS = 30_000;
/** This time lets a last answer reach the other side before the connection is cut. */
const LINGER_MS = 2_000;
const MOST_CONNECTIONS = 50;

export async function startMllpServer(
  deps: ApiDependencies,
  { host, port, account, frameWithinMs = FRAME_WITHIN_MS }: MllpOptions,
): Promise<MllpServer> {
  const connections = new Set<Connection>();
  // A sender that closes its side after the last message still gets the answers.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const connection = new Connection(deps, account, socket, frameWithinMs);
    connections.add(connection);
    socket.once('close', () => connections.delete(connection));
  });
  server.maxConnections = MOST_CONNECTIONS;
  await listen(server, host, port);
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : port,
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await Promise.all([...connections].map((connection) => connection.finish()));
      await closed;
    },
  };
}

const listen = (server: Server, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });

class Connection {
  readonly #deps: ApiDependencies;
  readonly #account: string;
  readonly #socket: Socket;
  readonly #reader = new FrameReader(MAX_BODY_BYTES);
  readonly #frameWithinMs: number;
  #patience: NodeJS.Timeout | undefined;
  /** The chain of messages under work. It keeps the answers in the order of the messages. */
  #work: Promise<void> = Promise.resolve();
  #finishing = false;

  constructor(deps: ApiDependencies, account: string, socket: Socket, frameWithinMs: number) {
    this.#deps = deps;
    this.#account = account;
    this.#socket = socket;
    this.#frameWithinMs = frameWithinMs;
    socket.on('data', (portion) => this.#readPortion(portion));
    socket.on('error', (error) => this.#deps.log.warn({ err: error }, 'mllp connection failed'));
    socket.once('close', () => clearTimeout(this.#patience));
    // The other side has sent all it will; what it has sent is still answered.
    socket.once('end', () => void this.finish());
  }

  /** Answers what was taken, then closes. */
  async finish(): Promise<void> {
    this.#finishing = true;
    clearTimeout(this.#patience);
    await this.#work;
    this.#close();
  }

  #readPortion(portion: Uint8Array): void {
    if (this.#finishing) return;
    // A sender that does not wait for answers is not read faster than it is answered.
    this.#socket.pause();
    clearTimeout(this.#patience);
    const framings = this.#reader.push(portion);
    this.#work = this.#work.then(async () => {
      for (const framing of framings) await this.#answer(framing);
      this.#socket.resume();
      if (this.#reader.hasUnfinishedMessage && !this.#finishing)
        this.#patience = setTimeout(() => this.#refuse('no-end'), this.#frameWithinMs);
    });
  }

  async #answer(framing: Framing): Promise<void> {
    if ('broken' in framing) return this.#refuse(framing.broken);
    for (const part of await this.#receive(framing.message)) this.#socket.write(toFrame(part));
  }

  async #receive(bytes: Uint8Array): Promise<readonly Uint8Array[]> {
    const requestId = randomUUID();
    try {
      const caller = await callerOf(this.#deps, this.#account);
      if (!caller) {
        this.#deps.log.error({ requestId }, 'the account of the mllp listener is no machine account');
        return [encodeRefusal({ zh: '接口账号不可用', en: 'the account of this interface cannot be used' })];
      }
      const incoming = { deps: this.#deps, caller, bytes, requestId, clientAddress: this.#socket.remoteAddress ?? 'unknown' };
      const { parts, isUnasked } = await receive(incoming);
      return isUnasked ? [] : parts;
    } catch (error) {
      // Postgres is away: nothing was taken, and the sender may try again.
      this.#deps.log.warn({ err: error, requestId }, 'message could not be taken');
      return [encodeRefusal({ zh: '暂时不能处理，请原样重发', en: 'it cannot be processed right now; send the same message again' })];
    }
  }

  #refuse(broken: keyof typeof framingWords): void {
    this.#finishing = true;
    this.#socket.write(toFrame(encodeRefusal(framingWords[broken])));
    this.#close();
  }

  #close(): void {
    this.#socket.end();
    this.#socket.resume();
    setTimeout(() => this.#socket.destroy(), LINGER_MS).unref();
  }
}

const framingWords = {
  'no-start': { zh: '消息没有以 <VT> 开始', en: 'the message does not begin with <VT>' },
  'no-end': { zh: '消息没有以 <FS><CR> 结束', en: 'the message does not end with <FS><CR>' },
  'too-large': { zh: '消息过大', en: 'the message is too large' },
} as const satisfies Record<string, Words>;

const encodeRefusal = (words: Words): Buffer =>
  encode(
    writeAcknowledgement(
      emptyEnvelope,
      { acknowledgement: 'AR', complaints: complaintsIn(words) },
      { characterSet: 'utf-8', profile: acknowledgementProfile },
    ),
    'utf-8',
  );

const complaintsIn = (words: Words): readonly Complaint[] => malformedError('207', null, words).complaints;

/** The account is looked up for each message, so that an account that is closed can send nothing more. */
async function callerOf({ db }: ApiDependencies, username: string): Promise<Caller | undefined> {
  const account = await findAccount(db, username);
  const post = account?.posts.find(({ role }) => role === 'gateway');
  return account && post && { personId: account.id, institutionId: post.institutionId, roles: ['gateway'] };
}
