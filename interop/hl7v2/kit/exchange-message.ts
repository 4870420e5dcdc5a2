/** Sends one message to another system and waits for its answer, over MLLP or HTTP. */
import { connect } from 'node:net';
import { FrameReader, toFrame } from './mllp-frames.ts';

/** An acknowledgement has a few segments. Whatever sends more than this is not answering. */
const MAX_ANSWER_BYTES = 256 * 1024;
const MEDIA_TYPE = 'x-application/hl7-v2+er7; charset=utf-8';

/**
 * Resolves with the text of the answer. Rejects when none comes within the time; the message may have arrived all the same.
 *
 * @param url mllp://host:port, http:// or https://
 */
export const exchangeMessage = (url: string, message: string, withinMs: number): Promise<string> =>
  url.startsWith('mllp:') ? exchangeOverMllp(new URL(url), message, withinMs) : exchangeOverHttp(url, message, withinMs);

async function exchangeOverHttp(url: string, message: string, withinMs: number): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': MEDIA_TYPE },
    body: message,
    redirect: 'error',
    signal: AbortSignal.timeout(withinMs),
  });
  if (!response.ok) throw new Error(`The endpoint answered ${response.status}.`);
  return response.text();
}

/** Each message gets a connection of its own, so that an interface engine that was restarted is found again. */
function exchangeOverMllp({ hostname, port }: URL, message: string, withinMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port) });
    const reader = new FrameReader(MAX_ANSWER_BYTES);
    const end = (settle: () => void) => {
      clearTimeout(patience);
      socket.destroy();
      settle();
    };
    const fail = (why: string) => end(() => reject(new Error(why)));
    const patience = setTimeout(() => fail('There was no answer in time.'), withinMs);
    socket.once('connect', () => socket.write(toFrame(Buffer.from(message))));
    socket.once('error', ({ message: why }) => fail(why));
    socket.once('close', () => fail('The connection was closed without an answer.'));
    socket.on('data', (portion) => {
      const [framing] = reader.push(portion);
      if (!framing) return;
      if ('broken' in framing) return fail(`The answer is no frame: ${framing.broken}.`);
      end(() => resolve(new TextDecoder().decode(framing.message)));
    });
  });
}
