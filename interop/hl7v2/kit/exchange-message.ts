/** Sends one message to another system and waits for its answer, over MLLP or HTTP. */
import { connect } from 'node:net';
import { AnswerReader, toFrame } from './mllp-frames.ts';

/** An acknowledgement has a few segments. Whatever sends more than this is not answering. */
const MAX_ANSWER_BYTES = 256 * 1024;
const MEDIA_TYPE = 'x-application/hl7-v2+er7; charset=utf-8';
/** In the enhanced mode the application answers soon after the message was stored, or by a connection of its own. */
const FURTHER_ANSWER_WITHIN_MS = 1_000;

export interface Waiting {
  /** The answer is waited for so long. */
  withinMs: number;
  /** Says whether another answer may follow this one by the same connection. */
  mayBeFollowed: (answer: string) => boolean;
}

/**
 * Resolves with the text of the answer, or of both in the enhanced mode. Rejects when none comes within the time; the message may have arrived all the same.
 *
 * @param url mllp://host:port, http:// or https://
 */
export const exchangeMessage = (url: string, message: string, waiting: Waiting): Promise<string> =>
  url.startsWith('mllp:') ? exchangeOverMllp(new URL(url), message, waiting) : exchangeOverHttp(url, message, waiting);

async function exchangeOverHttp(url: string, message: string, { withinMs }: Waiting): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': MEDIA_TYPE },
    body: message,
    redirect: 'error',
    signal: AbortSignal.timeout(withinMs),
  });
  const text = await readText(response);
  // Some systems send a refusal of HL7 with the status of an error.
  if (!response.ok && !/(^|[\r\n])[ \t]*MSA/i.test(text)) throw new Error(`The endpoint answered ${response.status}.`);
  return text;
}

async function readText({ body }: Response): Promise<string> {
  const portions: Uint8Array[] = [];
  let size = 0;
  for await (const portion of body ?? []) {
    size += portion.length;
    if (size > MAX_ANSWER_BYTES) throw new Error('The answer is too long.');
    portions.push(portion);
  }
  return Buffer.concat(portions).toString();
}

/** Each message gets a connection of its own, so that an interface engine that was restarted is found again. */
async function exchangeOverMllp({ hostname, port }: URL, message: string, { withinMs, mayBeFollowed }: Waiting): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port) });
    const reader = new AnswerReader(MAX_ANSWER_BYTES);
    const answers: string[] = [];
    const end = (settle: () => void) => {
      clearTimeout(patience);
      socket.destroy();
      settle();
    };
    /** What was answered before counts, whatever comes after it. */
    const endWith = (why: string) => {
      const all = [...answers, ...reader.takeRest()];
      end(() => (all.length > 0 ? resolve(all.join('\r')) : reject(new Error(why))));
    };
    let patience = setTimeout(() => endWith('There was no answer in time.'), withinMs);
    socket.once('connect', () => socket.write(toFrame(Buffer.from(message))));
    socket.once('error', ({ message: why }) => endWith(why));
    socket.once('close', () => endWith('The connection was closed without an answer.'));
    socket.on('data', (portion) => {
      for (const answer of reader.push(portion)) {
        answers.push(answer);
        if (!mayBeFollowed(answer)) return endWith('');
        clearTimeout(patience);
        patience = setTimeout(() => endWith(''), FURTHER_ANSWER_WITHIN_MS);
      }
      if (reader.isTooLong) end(() => reject(new Error('The answer is too long.')));
    });
  });
}
