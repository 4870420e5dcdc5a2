/** The numbers by which a message names a person: PID-3, or in a merger MRG-1. */
import { wrongValueError } from './hl7-error.ts';
import { countRepetitions, type Message, placeOf, type Segment, type ValueAt, valueAt } from './message.ts';
import type { Identifier } from './read-message.ts';

/** Throws Hl7Error (AE) where the segment names nobody. */
export function patientIdentifiers(message: Message, segment: Segment, field = 3): Identifier[] {
  const identifiers = Array.from({ length: countRepetitions(message, segment, field) }, (_, index): Identifier => {
    const at = (rest: Omit<ValueAt, 'field' | 'repetition'>) => valueAt(message, segment, { field, repetition: index + 1, ...rest });
    const authority = at({ component: 4, subcomponent: 2 }) || at({ component: 4 });
    return { authority, value: at({ component: 1 }), place: placeOf(segment, { field, repetition: index + 1 }) };
  }).filter(({ value }) => value !== '');
  if (identifiers.length === 0)
    throw wrongValueError('101', placeOf(segment, { field }), { zh: '缺少患者标识', en: 'the patient identifier is missing' });
  return identifiers;
}
