/** MLLP's framing: <VT> message <FS><CR>. Bytes come in any portions; whole messages come out. */

const START = 0x0b;
const END = 0x1c;
const CARRIAGE_RETURN = 0x0d;
const LINE_FEED = 0x0a;

export type Framing = { message: Uint8Array } | { broken: 'no-start' | 'no-end' | 'too-large' };

/** Of one connection. After something broken nothing more is read: where the next message begins is anybody's guess. */
export class FrameReader {
  #waiting: Buffer = Buffer.alloc(0);
  readonly #largest: number;

  constructor(largest: number) {
    this.#largest = largest;
  }

  /** A message has begun and not ended. */
  get isInside(): boolean {
    return this.#waiting.length > 0;
  }

  push(portion: Uint8Array): Framing[] {
    this.#waiting = Buffer.concat([this.#waiting, portion]);
    const found: Framing[] = [];
    for (;;) {
      this.#skipLineBreaks();
      if (this.#waiting.length === 0) return found;
      if (this.#waiting[0] !== START) return [...found, { broken: 'no-start' }];
      const end = this.#waiting.indexOf(END);
      const size = (end < 0 ? this.#waiting.length : end) - 1;
      if (size > this.#largest) return [...found, { broken: 'too-large' }];
      if (end < 0 || this.#waiting.length < end + 2) return found;
      if (this.#waiting[end + 1] !== CARRIAGE_RETURN) return [...found, { broken: 'no-end' }];
      found.push({ message: new Uint8Array(this.#waiting.subarray(1, end)) });
      this.#waiting = this.#waiting.subarray(end + 2);
    }
  }

  /** Between messages some systems add one. */
  #skipLineBreaks(): void {
    let first = 0;
    while (this.#waiting[first] === CARRIAGE_RETURN || this.#waiting[first] === LINE_FEED) first++;
    if (first > 0) this.#waiting = this.#waiting.subarray(first);
  }
}

export const framed = (message: Uint8Array): Buffer => Buffer.concat([Buffer.of(START), message, Buffer.of(END, CARRIAGE_RETURN)]);
