/** A reading as an Observation: what was sent, what has become of it, and how the true value lies to the one that is given. */
import type { Observation, Quantity } from '@medplum/fhirtypes';
import type { KnownReading } from '../../db/readings/readings.ts';
import { type Comparator, comparatorsOf, type Measured, standardUnits } from '../../domain/readings/reading.ts';
import { referenceTo, systems } from './codes.ts';
import { loincOfKind, pressureCodes, toUcum } from './reading-codes.ts';

export function observationOf(reading: KnownReading): Observation {
  const given = reading.given as Measured | null;
  const comparators = comparatorsOf(given);
  const ucum = toUcum(standardUnits[reading.kind]);
  const quantity = (value: number | null, comparator: Comparator | undefined): Quantity => ({
    value: value ?? 0,
    ...(comparator ? { comparator } : {}),
    unit: standardUnits[reading.kind],
    system: 'http://unitsofmeasure.org',
    code: ucum,
  });
  const loinc = (code: string) => ({ coding: [{ system: systems.loinc, code }] });
  const { systolic, diastolic, value } = reading;
  return {
    resourceType: 'Observation',
    id: reading.id,
    meta: { versionId: '1', lastUpdated: reading.receivedAt.toISOString() },
    identifier: [{ system: uriOf(reading.source), value: reading.messageId }],
    status: statusOf(reading),
    code: loinc(loincOfKind[reading.kind]),
    ...(reading.patientId === null ? {} : { subject: referenceTo('Patient', reading.patientId) }),
    effectiveDateTime: reading.measuredAt.toISOString(),
    issued: reading.receivedAt.toISOString(),
    ...(reading.status === 'quarantined' ? { note: [{ text: '数值存疑，未采用 / put aside' }] } : {}),
    ...(systolic === null
      ? { valueQuantity: quantity(value, comparators.value) }
      : {
          component: [
            { code: loinc(pressureCodes.systolic), valueQuantity: quantity(systolic, comparators.systolic) },
            { code: loinc(pressureCodes.diastolic), valueQuantity: quantity(diastolic, comparators.diastolic) },
          ],
        }),
  };
}

function statusOf({ status }: KnownReading): NonNullable<Observation['status']> {
  switch (status) {
    case 'recorded':
      return 'final';
    case 'entered-in-error':
      return 'entered-in-error';
    // Nobody knows yet, or ever will, whether it is true or whose it is.
    case 'quarantined':
    case 'held':
    case 'dismissed':
      return 'unknown';
  }
}

/** A source that is no address of its own is a name of ours. */
const uriOf = (source: string): string =>
  /^[a-z][a-z0-9+.-]*:/i.test(source) ? source : `urn:carepath:source:${encodeURIComponent(source)}`;
