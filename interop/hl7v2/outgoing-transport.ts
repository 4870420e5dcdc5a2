/** One message out, its answer back: over MLLP or HTTP. */
import { connect } from 'node:net';
import { FrameReader, framed } from './mllp-frames.ts';

/** An answer is a few segments; more than this is not one. */
const MAX_ANSWER_BYTES = 256 * 1024;
const MEDIA_TYPE = 'x-application/hl7-v2+er7; charset=utf-8';

/** The answer's text. Rejects when there is none within the time; the message may have arrived all the same. */
export const exchange = (url: string, message: string, withinMs: number): Promise<string> =>
  url.startsWith('mllp:') ? overMllp(new URL(url), message, withinMs) : overHttp(url, message, withinMs);

async function overHttp(url: string, message: string, withinMs: number): Promise<string> {
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

/** A connection for each message: an interface engine that was restarted is found again. */
function overMllp({ hostname, port }: URL, message: string, withinMs: number): Promise<string> {
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
    socket.once('connect', () => socket.write(framed(Buffer.from(message))));
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
