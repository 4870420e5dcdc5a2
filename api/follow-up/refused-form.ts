/**
 * What can be read of the form of a visit that is refused. The values of vital signs are taken one by one, so that one that is written as it should be counts
 * whatever else is wrong with the form.
 */
import { z } from '@hono/zod-openapi';
import { keepCrisesOfRefusedVisit } from '../../db/follow-up/refused-visits.ts';
import { inTransaction } from '../../db/kit/transaction.ts';
import type { Visit } from '../../domain/follow-up/visit.ts';
import { comparators, type ReadingKind } from '../../domain/readings/reading.ts';
import { glucoseUnits, pressureUnits } from '../../domain/readings/units.ts';
import type { OperationRequest, RefusedWith } from '../kit/operation.ts';
import { Instant } from '../kit/schemas.ts';
import { ReadingNumber } from '../readings/incoming.ts';
import { NO_VALUE, withNumbers } from '../readings/texts-for-numbers.ts';
import { BloodPressureSchema, GlucoseSchema, ModeSchema, visitOf } from './visit-form.ts';

/** Whoever only tries it out has it written nowhere; a body that says so in a wrong way is one of them. */
const triesOut = (body: Record<string, unknown>): boolean => body.dryRun !== undefined && body.dryRun !== false;

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Returns undefined when the body holds no form, or only tries one out. */
function readVisit(body: unknown, receivedAt: number): { visit: Visit; isDated: boolean } | undefined {
  if (!isObject(body) || !isObject(body.form) || triesOut(body)) return undefined;
  const { form } = body;
  const instant = Instant.safeParse(body.visitedAt);
  const pressures = z.array(z.unknown()).safeParse(form.bloodPressures).data ?? [];
  const visit = visitOf({
    visitedAt: instant.data ?? new Date(receivedAt).toISOString(),
    // Nobody can say that a value was measured at the visit where it is not known what kind of visit it was.
    mode: ModeSchema.safeParse(body.mode).data ?? 'phone',
    bloodPressures: pressures.flatMap((one) => readPressure(valueIn(one)) ?? []),
    fastingGlucose: readGlucose(valueIn(form.fastingGlucose)),
    randomGlucose: readGlucose(valueIn(form.randomGlucose)),
    symptoms: [],
    adverseReactions: [],
    newComplication: false,
    hardToControl: false,
    annualExam: false,
  });
  return { visit, isDated: instant.success && visit.visitedAt <= receivedAt };
}

/** The value without what does not belong to it. Where something unreadable stands at `atHome`, nobody can say that it was measured at the visit. */
function valueIn(given: unknown): unknown {
  if (!isObject(given)) return undefined;
  const { systolic, diastolic, value, comparator, unit, atHome } = given;
  const members = {
    systolic,
    diastolic,
    value,
    comparator,
    unit,
    atHome: atHome === undefined || typeof atHome === 'boolean' ? atHome : true,
  };
  return Object.fromEntries(Object.entries(members).filter(([, member]) => member !== undefined));
}

/** A value that the form does not take is kept as well: nobody can say that it was measured at the visit, so it is one that was told. */
const readPressure = (given: unknown) =>
  BloodPressureSchema.safeParse(given).data ?? toldOf(UntakenPressure.safeParse(withKind('blood-pressure', given)).data);
const readGlucose = (given: unknown) =>
  GlucoseSchema.safeParse(given).data ?? toldOf(UntakenGlucose.safeParse(withKind('random-glucose', given)).data);

const withKind = (kind: ReadingKind, given: unknown): unknown => (isObject(given) ? withNumbers({ kind, ...given }) : undefined);

const UntakenPressure = z.object({
  systolic: ReadingNumber.catch(NO_VALUE),
  diastolic: ReadingNumber.catch(NO_VALUE),
  unit: z.enum(pressureUnits).default('mmHg'),
});
const UntakenGlucose = z.object({
  value: ReadingNumber,
  comparator: z.enum(comparators).optional().catch(undefined),
  unit: z.enum(glucoseUnits),
});

const toldOf = <Value>(value: Value | undefined) => value && { ...value, atHome: true };

interface Seen {
  patientId: string;
  /** The present instant by the clock of the resident, in milliseconds. */
  receivedAt: number;
}

/** Stores and judges every crisis value of the form. Resolves with the ids of its readings as a member of the problem; with none when there is no such value. */
export async function keepCrisesOfForm(
  { deps, actor, requestId }: Pick<OperationRequest, 'deps' | 'actor' | 'requestId'>,
  { patientId, receivedAt }: Seen,
  given: unknown,
  { code, flaws }: RefusedWith,
): Promise<Record<string, unknown>> {
  const read = code === 'patient-mismatch' ? undefined : readVisit(given, receivedAt);
  if (!read) return {};
  const refused = {
    patientId,
    visit: read.visit,
    isDated: read.isDated && !flaws.includes('visitedAt'),
    receivedAt: new Date(receivedAt),
    by: { actor, requestId },
  };
  const readingIds = await inTransaction(deps.db, actor, (trx) => keepCrisesOfRefusedVisit(trx, refused));
  return readingIds.length > 0 ? { readingIds } : {};
}
