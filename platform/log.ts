/** Logs as JSON lines. Ids and codes only: whatever could hold personal data never reaches a log call, and what slips in by these names is cut. */
import pino from 'pino';

export type Log = pino.Logger;

const personal = [
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

/** `destination`: standard output by default. */
export function createLog(
  process: 'api' | 'worker' | 'migrate',
  level: string,
  destination: pino.DestinationStream = pino.destination(1),
): Log {
  const options: pino.LoggerOptions = {
    level,
    base: { process },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: personal.flatMap((name) => [name, `*.${name}`]), remove: true },
    serializers: { err: describeFailure },
    hooks: {
      logMethod([first, text, ...more], log) {
        // For a line without a text pino takes the error's own.
        if (text === undefined && isOrHoldsError(first)) log.call(this, first, 'failed');
        else log.call(this, first, text, ...more);
      },
    },
  };
  return pino(options, destination);
}

const isOrHoldsError = (value: unknown): boolean =>
  value instanceof Error || (typeof value === 'object' && value !== null && 'err' in value);

/** An error without its text: database messages may quote values. */
function describeFailure(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error };
  const { code, constraint, table } = error as { code?: unknown; constraint?: unknown; table?: unknown };
  // Only what follows the message: its lines may look like any others.
  const stack = error.stack ?? '';
  const frames = stack.slice(Math.max(0, stack.indexOf(error.message)) + error.message.length);
  const where = frames
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .slice(0, 6);
  const cause = error.cause instanceof Error ? { cause: describeFailure(error.cause) } : {};
  return { type: error.name, code, constraint, table, where, ...cause };
}
