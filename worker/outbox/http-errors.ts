/** What it means for a message when its HTTP request got no answer. */
import type { SendResult } from './sender.ts';

/** With these errors the connection was never made, so nothing can have arrived. */
const NOT_CONNECTED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT']);

export function toSendResult(error: unknown): SendResult {
  if (!(error instanceof Error)) return { result: 'unknown', detail: 'unknown-error' };
  if (error.name === 'TimeoutError') return { result: 'unknown', detail: 'timeout' };
  const cause = error.cause;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'connection-broken';
  return { result: NOT_CONNECTED.has(code) ? 'failed' : 'unknown', detail: code };
}
