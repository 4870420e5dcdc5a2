/** Numbers of a reading that was refused, whatever they were written as. */
import { z } from '@hono/zod-openapi';
import { readingProtocol } from '../../db/readings/protocol.ts';
import { findMeterMark, readWrittenNumber, thresholdBehind } from '../../domain/readings/meter-texts.ts';
import { readingKinds, standardUnits } from '../../domain/readings/reading.ts';
import { kPaOf } from '../../domain/readings/units.ts';

/** A pressure is stored with both its parts: of half a pressure the other part is "not a number" (IEEE 11073), which is no value to any rule. */
export const NO_VALUE = 2_047;

/**
 * The item with numbers for what is written as a text: a number in quotes, and HI or LO of a meter. Of these it is certain only that the value lies beyond
 * the threshold of a crisis, so that stands for them, in the standard unit.
 */
export function withNumbers(item: unknown): unknown {
  const given = WithKind.safeParse(item).data;
  if (!given || ![given.systolic, given.diastolic, given.value].some((each) => typeof each === 'string')) return item;
  const { kind } = given;
  const read = (field: 'systolic' | 'diastolic' | 'value', comparator: string): Record<string, unknown> => {
    const text = given[field];
    if (typeof text !== 'string') return {};
    const written = readWrittenNumber(text);
    if (written) return { [field]: written.value, ...(written.comparator && { [comparator]: written.comparator }) };
    const mark = findMeterMark(text);
    const threshold = mark && thresholdBehind(mark, kind, field, readingProtocol);
    if (threshold === undefined) return {};
    const inGivenUnit = given.unit === 'kPa' ? kPaOf(threshold) : threshold;
    return { [field]: inGivenUnit, [comparator]: mark === 'high' ? '>' : '<', ...(field === 'value' && { unit: standardUnits[kind] }) };
  };
  return {
    ...(kind === 'blood-pressure' && { unit: 'mmHg' }),
    ...given,
    ...read('systolic', 'systolicComparator'),
    ...read('diastolic', 'diastolicComparator'),
    ...read('value', 'comparator'),
  };
}

const WithKind = z.looseObject({ kind: z.enum(readingKinds) });
