/** What the messages of a stay say together, in whatever order they arrive. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dispositions, foldVisit, type VisitEvent, type VisitMessage, visitEvents } from '../../../domain/discharge/standing.ts';

const HOUR = 3_600_000;

const message = (event: VisitEvent, hour: number, over: Partial<VisitMessage> = {}): VisitMessage => ({
  id: `${event}-${hour}`,
  event,
  recordedAt: hour * HOUR,
  occurredAt: null,
  admittedAt: null,
  dischargedAt: null,
  departmentCode: null,
  admissionType: null,
  disposition: null,
  isInpatient: true,
  ...over,
});

const standingOf = (...messages: VisitMessage[]) => foldVisit(messages).standing;
const outcomeOf = (...messages: VisitMessage[]) => {
  const { standing, effects } = foldVisit(messages);
  return `${standing?.status ?? 'none'} ${effects.get(messages.at(-1)?.id ?? '')}`;
};

const before: Record<string, VisitMessage[]> = {
  none: [],
  admitted: [message('A01', 1)],
  discharged: [message('A01', 1), message('A03', 2)],
  cancelled: [message('A01', 1), message('A11', 2)],
};

test.each([
  ['A01', 'admitted applied', 'admitted applied', 'discharged applied', 'admitted applied'],
  ['A02', 'admitted applied', 'admitted applied', 'discharged noted', 'cancelled noted'],
  ['A12', 'admitted applied', 'admitted noted', 'discharged noted', 'cancelled noted'],
  ['A08', 'none noted', 'admitted applied', 'discharged applied', 'cancelled noted'],
  ['A03', 'discharged applied', 'discharged applied', 'discharged applied', 'cancelled review'],
  ['A13', 'admitted applied', 'admitted noted', 'admitted applied', 'cancelled review'],
  ['A11', 'cancelled applied', 'cancelled applied', 'discharged review', 'cancelled noted'],
] as const)('%s when nothing is known: %s, when admitted: %s, discharged: %s, cancelled: %s', (event, ...expected) => {
  expect(Object.values(before).map((messages) => outcomeOf(...messages, message(event, 9)))).toEqual(expected);
});

test('the time of the admission is that of A01 or A08; others only fill a gap', () => {
  const [at, later] = [5 * HOUR, 7 * HOUR];
  expect(standingOf(message('A01', 9, { occurredAt: at, admittedAt: later }))?.admittedAt).toBe(at);
  expect(standingOf(message('A01', 9, { admittedAt: at }))?.admittedAt).toBe(at);
  expect(standingOf(message('A01', 9))?.admittedAt).toBe(9 * HOUR);
  expect(standingOf(message('A01', 9, { admittedAt: at }), message('A01', 10))?.admittedAt).toBe(at);
  expect(standingOf(message('A01', 9, { admittedAt: at }), message('A08', 10, { admittedAt: later }))?.admittedAt).toBe(later);
  expect(standingOf(message('A03', 9))?.admittedAt).toBeNull();
  expect(standingOf(message('A03', 9, { admittedAt: at }))?.admittedAt).toBe(at);
  expect(standingOf(message('A01', 8, { admittedAt: at }), message('A03', 9, { admittedAt: later }))?.admittedAt).toBe(at);
  expect(standingOf(message('A03', 9), message('A01', 10, { admittedAt: at }))).toMatchObject({ status: 'discharged', admittedAt: at });
});

test('a discharge happened at EVN-6, else PV1-45, else when it was written; a later one and A08 correct what they tell', () => {
  const discharged = [message('A01', 1), message('A03', 9, { dischargedAt: 8 * HOUR, disposition: 'home' })];
  expect(standingOf(...discharged)).toMatchObject({ dischargedAt: 8 * HOUR, disposition: 'home' });
  expect(standingOf(message('A03', 9, { occurredAt: 7 * HOUR, dischargedAt: 8 * HOUR }))?.dischargedAt).toBe(7 * HOUR);
  expect(standingOf(...discharged, message('A03', 10))).toMatchObject({ dischargedAt: 8 * HOUR, disposition: 'home' });
  expect(standingOf(...discharged, message('A03', 10, { disposition: 'institution' }))).toMatchObject({
    dischargedAt: 8 * HOUR,
    disposition: 'institution',
  });
  expect(standingOf(...discharged, message('A08', 10, { dischargedAt: 6 * HOUR }))?.dischargedAt).toBe(6 * HOUR);
});

test('a discharge that is taken back leaves no date of it, and the next one dates anew', () => {
  const back = [message('A01', 1), message('A03', 5, { disposition: 'home' }), message('A13', 7, { occurredAt: 5 * HOUR })];
  expect(standingOf(...back)).toMatchObject({ status: 'admitted', dischargedAt: null, disposition: null });
  expect(standingOf(...back, message('A03', 9))).toMatchObject({ status: 'discharged', dischargedAt: 9 * HOUR, disposition: null });
});

test('a move leads to the next department and its cancellation back to the one before, several times', () => {
  const moves = [
    message('A01', 1, { departmentCode: 'a' }),
    message('A02', 2, { departmentCode: 'b' }),
    message('A02', 3, { departmentCode: 'c' }),
  ];
  expect(standingOf(...moves)?.departmentCode).toBe('c');
  expect(standingOf(...moves, message('A12', 4))?.departmentCode).toBe('b');
  expect(standingOf(...moves, message('A12', 4), message('A12', 5))?.departmentCode).toBe('a');
  expect(outcomeOf(...moves, message('A12', 4), message('A12', 5), message('A12', 6))).toBe('admitted noted');
});

test('what was written at one instant goes in the order of a stay; whoever is no inpatient has none', () => {
  const at = { recordedAt: HOUR };
  expect(standingOf(message('A11', 1, at), message('A01', 1, at))?.status).toBe('cancelled');
  expect(standingOf(message('A13', 1, at), message('A03', 1, at), message('A01', 1, at))?.status).toBe('admitted');
  expect(outcomeOf(message('A01', 1, { isInpatient: false }))).toBe('none noted');
});

test('the order of arrival and repeats do not matter', () => {
  const drawn = fc.record({
    event: fc.constantFrom(...visitEvents),
    recordedAt: fc.integer({ min: 1, max: 6 }),
    occurredAt: fc.option(fc.integer({ min: 1, max: 6 })),
    admittedAt: fc.option(fc.integer({ min: 1, max: 6 })),
    dischargedAt: fc.option(fc.integer({ min: 1, max: 6 })),
    departmentCode: fc.option(fc.constantFrom('a', 'b', 'c')),
    admissionType: fc.option(fc.constantFrom('emergency' as const, 'elective' as const)),
    disposition: fc.option(fc.constantFrom(...dispositions)),
    isInpatient: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
  });
  const sets = fc
    .array(drawn, { maxLength: 10 })
    .map((all) => all.map((one, n) => ({ ...one, id: String(n) })))
    .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray([...all, ...all], { minLength: all.length })));
  fc.assert(
    fc.property(sets, ([all, some]) => {
      expect(foldVisit([...some, ...all])).toEqual(foldVisit(all));
    }),
    { numRuns: 3_000 },
  );
});
