/**
 * Logs as JSON lines with ids and codes only. Nothing that could hold personal data may be given to a log call; should it happen all the same,
 * fields of the names below are left out.
 */
import pino from 'pino';

export type Log = pino.Logger;

const personalFields = [
  'name',
  'phone',
  'email',
  'birthDate',
  'reason',
  'summary',
  'note',
  'texts',
  'text',
  'password',
  'token',
  'body',
  'authorization',
];

/** @param destination standard output by default */
export function createLog(
  process: 'api' | 'worker' | 'migrate',
  level: string,
  destination: pino.DestinationStream = pino.destination(1),
): Log {
  const options: pino.LoggerOptions = {
    level,
    base: { process },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: personalFields.flatMap((name) => [name, `*.${name}`]), remove: true },
    serializers: { err: describeFailure },
    hooks: {
      logMethod([first, text, ...more], log) {
        // For a line without a text pino would take the text of the error, which may hold personal data.
        if (text === undefined && isOrHoldsError(first)) log.call(this, first, 'failed');
        else log.call(this, first, text, ...more);
      },
    },
  };
  return pino(options, destination);
}

const isOrHoldsError = (value: unknown): boolean =>
  value instanceof Error || (typeof value === 'object' && value !== null && 'err' in value);

/** Describes an error without its text, because the messages of a database may quote values. */
function describeFailure(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error };
  const { code, constraint, table } = error as { code?: unknown; constraint?: unknown; table?: unknown };
  // The frames follow the message. The message itself is cut off first, because a line of it may look like a frame.
  const stack = error.stack ?? '';
  const frames = stack.slice(Math.max(0, stack.indexOf(error.message)) + error.message.length);
  const where = frames
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .slice(0, 6);
  const cause = error.cause instanceof Error ? { cause: describeFailure(error.cause) } : {};
  return { type: error.name, code, constraint, table, where, ...cause };
}
