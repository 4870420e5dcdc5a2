/** What an Observation of a meter says instead of a number: in a text or a code, as the reason why there is no value, or by its interpretation. */
import { z } from '@hono/zod-openapi';
import { findMeterMark } from '../../domain/readings/meter-texts.ts';
import type { ReadingKind } from '../../domain/readings/reading.ts';
import { pressureCodes, toUnit } from './reading-codes.ts';
import { ConceptSchema } from './schemas.ts';

const unreadable = (): undefined => undefined;
const Codes = ConceptSchema.optional().catch(unreadable);

const MarkedSchema = z.looseObject({
  valueString: z.string().optional().catch(unreadable),
  valueQuantity: z
    .looseObject({ value: z.unknown(), code: z.string().optional().catch(unreadable) })
    .optional()
    .catch(unreadable),
  valueCodeableConcept: Codes,
  dataAbsentReason: Codes,
  interpretation: z.array(ConceptSchema).optional().catch(unreadable),
});
type Marked = z.output<typeof MarkedSchema>;

/** HL7 v3 ObservationInterpretation: off the scale of the device. */
const OFF_SCALE: Readonly<Record<string, string>> = { '>': 'HI', '<': 'LO' };

/** Returns the text in the form of the API: a number in quotes or a mark such as HI. Undefined where there is a number, or nothing of this. */
function textOf({ valueString, valueQuantity, valueCodeableConcept, dataAbsentReason, interpretation = [] }: Marked): string | undefined {
  const given = valueQuantity?.value;
  if (typeof given === 'number') return undefined;
  if (typeof given === 'string') return given;
  if (valueString !== undefined) return valueString;
  const words = [valueCodeableConcept, dataAbsentReason].flatMap((concept) => [
    ...(concept?.text === undefined ? [] : [concept.text]),
    ...(concept?.coding ?? []).flatMap(({ code, display }) => [code, display].filter((one) => one !== undefined)),
  ]);
  const offScale = interpretation.flatMap(({ coding = [] }) => coding.flatMap(({ code = '' }) => OFF_SCALE[code] ?? []));
  return words.find((word) => findMeterMark(word) !== undefined) ?? offScale[0];
}

const PressurePartsSchema = z.looseObject({
  component: z
    .array(
      z
        .looseObject({ code: ConceptSchema, ...MarkedSchema.shape })
        .optional()
        .catch(unreadable),
    )
    .catch([])
    .default([]),
});

/** Returns the members of the API's body that are given as texts; none where all are numbers. */
export function meterTextsIn(resource: unknown, kind: ReadingKind): Record<string, unknown> {
  if (kind !== 'blood-pressure') {
    const marked = MarkedSchema.safeParse(resource).data;
    const value = marked && textOf(marked);
    return value === undefined ? {} : { value, ...unitIn(marked?.valueQuantity?.code) };
  }
  const { component = [] } = PressurePartsSchema.safeParse(resource).data ?? {};
  const partOf = (loinc: string) => component.find((part) => part?.code.coding?.some(({ code }) => code === loinc));
  const [systolic, diastolic] = [partOf(pressureCodes.systolic), partOf(pressureCodes.diastolic)];
  const texts = { systolic: systolic && textOf(systolic), diastolic: diastolic && textOf(diastolic) };
  const said = Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== undefined));
  if (Object.keys(said).length === 0) return {};
  return { ...said, ...unitIn(systolic?.valueQuantity?.code ?? diastolic?.valueQuantity?.code) };
}

const unitIn = (code: string | undefined) => (code === undefined ? {} : { unit: toUnit(code) });
