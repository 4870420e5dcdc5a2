/** Entries of the custody ledger, drawn at random. */
import fc from 'fast-check';
import type { RecordedEvent } from '../../../domain/sterile-supply/epcis.ts';
import { thingTypes } from '../../../domain/sterile-supply/vocabulary.ts';

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });
const instant = fc.date({ min: new Date('2026-01-01T00:00:00Z'), max: new Date('2027-01-01T00:00:00Z'), noInvalidDate: true });
const orNull = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });

export const anyRecordedEvent: fc.Arbitrary<RecordedEvent> = fc.record({
  id: fc.uuid(),
  happenedAt: instant,
  recordedAt: instant,
  late: fc.boolean(),
  event: fc.constantFrom('assembled', 'checked', 'load-started', 'sterile-handed', 'opened', 'soiled-stowed', 'bi-read'),
  thing: fc.record({ type: fc.constantFrom(...thingTypes), id: text }),
  from: orNull(fc.constantFrom('released', 'on-vehicle')),
  to: orNull(fc.constantFrom('at-centre', 'ended', 'used', 'confirmed')),
  holder: orNull(fc.record({ type: fc.constantFrom('cssd', 'centre', 'round'), id: text })),
  actor: fc.record({ personId: text, institutionId: text, role: fc.constantFrom('courier', 'technician') }),
  because: fc.array(fc.record({ rule: text, clause: text, evidence: fc.dictionary(text, fc.oneof(text, fc.integer(), fc.boolean())) }), {
    maxLength: 2,
  }),
  institutionId: text,
  loadId: orNull(fc.uuid()),
  roundId: orNull(fc.uuid()),
  stopId: orNull(fc.uuid()),
  slipId: orNull(fc.uuid()),
  scanId: orNull(fc.uuid()),
  details: fc.dictionary(text, fc.jsonValue({ maxDepth: 2 })),
});
