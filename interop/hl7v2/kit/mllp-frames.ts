/** The frames of MLLP (HL7's minimal lower layer protocol): `<VT> message <FS><CR>`. */

const START = 0x0b;
const END = 0x1c;
const CARRIAGE_RETURN = 0x0d;
const LINE_FEED = 0x0a;

/** A whole message, or what makes the stream unreadable. */
export type Framing = { message: Uint8Array } | { broken: 'no-start' | 'no-end' | 'too-large' };

/**
 * Finds the messages in the bytes of one connection, which come in portions of any size. After a broken frame it must not be used any more:
 * nobody can know where the next message begins.
 */
export class FrameReader {
  #unread: Buffer = Buffer.alloc(0);
  readonly #largestBytes: number;

  constructor(largestBytes: number) {
    this.#largestBytes = largestBytes;
  }

  /** Says whether a message has begun and not ended yet. */
  get hasUnfinishedMessage(): boolean {
    return this.#unread.length > 0;
  }

  /** Returns the messages that this portion completes, in order; a broken frame comes last. */
  push(portion: Uint8Array): Framing[] {
    this.#unread = Buffer.concat([this.#unread, portion]);
    const found: Framing[] = [];
    for (;;) {
      this.#skipLineBreaks();
      if (this.#unread.length === 0) return found;
      if (this.#unread[0] !== START) return [...found, { broken: 'no-start' }];
      const end = this.#unread.indexOf(END);
      const size = (end < 0 ? this.#unread.length : end) - 1;
      if (size > this.#largestBytes) return [...found, { broken: 'too-large' }];
      if (end < 0 || this.#unread.length < end + 2) return found;
      if (this.#unread[end + 1] !== CARRIAGE_RETURN) return [...found, { broken: 'no-end' }];
      found.push({ message: new Uint8Array(this.#unread.subarray(1, end)) });
      this.#unread = this.#unread.subarray(end + 2);
    }
  }

  /** Some systems send line breaks between their messages. */
  #skipLineBreaks(): void {
    let first = 0;
    while (this.#unread[first] === CARRIAGE_RETURN || this.#unread[first] === LINE_FEED) first++;
    if (first > 0) this.#unread = this.#unread.subarray(first);
  }
}

/**
 * Finds the answers in the bytes of one connection that was opened for one message. Many systems frame what they answer badly: without the byte before it,
 * without the carriage return behind it, with nothing behind it but the end of the connection.
 */
export class AnswerReader {
  #unread: Buffer = Buffer.alloc(0);
  readonly #largestBytes: number;

  constructor(largestBytes: number) {
    this.#largestBytes = largestBytes;
  }

  get isTooLong(): boolean {
    return this.#unread.length > this.#largestBytes;
  }

  /** Returns the answers that end in this portion, in order. */
  push(portion: Uint8Array): string[] {
    this.#unread = Buffer.concat([this.#unread, portion]);
    const found: string[] = [];
    for (let end = this.#unread.indexOf(END); end >= 0; end = this.#unread.indexOf(END)) {
      found.push(textOf(this.#unread.subarray(0, end)));
      this.#unread = this.#unread.subarray(end + 1);
    }
    return found.filter((text) => text !== '');
  }

  /** Returns what has come since the last answer that had an end. Once nothing more comes, that is an answer too. */
  takeRest(): string[] {
    const text = textOf(this.#unread);
    this.#unread = Buffer.alloc(0);
    return text === '' ? [] : [text];
  }
}

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes).replaceAll(String.fromCharCode(START), '').trim();

export const toFrame = (message: Uint8Array): Buffer => Buffer.concat([Buffer.of(START), message, Buffer.of(END, CARRIAGE_RETURN)]);
