/** What the log keeps to itself. Lines are taken where they leave the process. */
import pg from 'pg';
import { beforeEach, describe, expect, test } from 'vitest';
import { createLog } from '../../platform/log.ts';

const CANARY = '金丝雀13912345678';

let written: string[] = [];
beforeEach(() => {
  written = [];
});

const log = createLog('api', 'trace', { write: (line) => void written.push(line) });
const line = () => JSON.parse(written.at(-1) ?? '{}');

test('a line is one JSON object with the process, the level and an ISO instant', () => {
  log.info({ requestId: 'r-12345678', ms: 3 }, 'request');
  expect(written).toHaveLength(1);
  expect(line()).toMatchObject({ process: 'api', level: 30, requestId: 'r-12345678', ms: 3, msg: 'request' });
  expect(new Date(line().time).toISOString()).toBe(line().time);
});

describe('what slips in by a personal name is cut', () => {
  test.each([
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
  ])('%s', (name) => {
    log.info({ [name]: CANARY, patient: { [name]: CANARY }, id: 'patient-1' }, 'looked at');
    expect(written.join()).not.toContain(CANARY);
    expect(line()).toMatchObject({ id: 'patient-1', msg: 'looked at' });
  });
});

/** As pg throws them: the message quotes the value. */
function databaseError(): pg.DatabaseError {
  const error = new pg.DatabaseError(`invalid input syntax for type uuid: "${CANARY}"`, 100, 'error');
  return Object.assign(error, {
    code: '22P02',
    detail: `Key (name)=(${CANARY})`,
    where: CANARY,
    table: 'patient',
    constraint: 'patient_pkey',
  });
}

describe('an error is told by its kind, its code and its place, never by its text', () => {
  const several: [what: string, error: () => unknown][] = [
    ['of the database', databaseError],
    ['with a cause', () => new Error(CANARY, { cause: databaseError() })],
    ['with a text of several lines', () => new Error(`one\n    at ${CANARY}\n    at two (${CANARY}:1:1)`)],
    ['with a text that begins like its name', () => new Error(`Error: ${CANARY}`)],
    ['of many', () => new AggregateError([new Error(CANARY)], CANARY)],
    ['with members of its own', () => Object.assign(new Error(CANARY), { value: CANARY, input: { patient: CANARY } })],
    ['that is a text', () => CANARY],
    ['that is an object', () => ({ message: CANARY, stack: CANARY })],
    ['that is nothing', () => undefined],
  ];
  test.each(several)('%s', (_, error) => {
    log.error({ err: error(), requestId: 'r-12345678' }, 'request failed');
    expect(written.join()).not.toContain(CANARY);
    expect(line()).toMatchObject({ msg: 'request failed', requestId: 'r-12345678' });
  });

  test.each(several)('%s, in a line without a text', (_, error) => {
    log.error({ err: error() });
    log.warn({ err: error(), requestId: 'r-12345678' });
    const thrown = error();
    if (thrown instanceof Error) log.error(thrown);
    expect(written.join()).not.toContain(CANARY);
  });

  test('what helps to find it stays', () => {
    log.error({ err: new Error('failed', { cause: databaseError() }) }, 'request failed');
    expect(line().err).toMatchObject({
      type: 'Error',
      cause: { type: 'error', code: '22P02', table: 'patient', constraint: 'patient_pkey' },
    });
    expect(line().err.where[0]).toMatch(/^ {4}at .*log\.test\.ts/);
  });
});

test('a child of the log keeps to the same', () => {
  log.child({ commandId: 'c-1' }).error({ err: databaseError(), name: CANARY });
  expect(written.join()).not.toContain(CANARY);
  expect(line()).toMatchObject({ commandId: 'c-1', err: { code: '22P02' } });
});
