/**
 * Crisis values in readings that are refused: whatever was wrong with the list, or with the reading itself, each that can be read is stored, and somebody
 * looks at it (decision 70). A machine is not told twice, and nobody reads its answers.
 */
import { createHash } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import { inTransaction } from '../../db/kit/transaction.ts';
import { readingProtocol } from '../../db/readings/protocol.ts';
import type { NewReading } from '../../db/readings/record.ts';
import { findCrisisToConfirm } from '../../domain/readings/crisis.ts';
import { quarantineOf } from '../../domain/readings/quarantine.ts';
import { comparators, type Measured, readingContexts, toComparedValues } from '../../domain/readings/reading.ts';
import { glucoseUnits, pressureUnits } from '../../domain/readings/units.ts';
import type { OperationRequest } from '../kit/operation.ts';
import { Problem } from '../kit/problem.ts';
import { Id, Instant, Text } from '../kit/schemas.ts';
import { defaultContextOf, LocalId, ReadingNumber, storeReadings } from './incoming.ts';
import { NO_VALUE, withNumbers } from './texts-for-numbers.ts';

type Asking = Pick<OperationRequest, 'deps' | 'caller' | 'actor' | 'requestId' | 'operationId'>;

const Comparator = z.enum(comparators).optional().catch(undefined);

/** The kinds that have a crisis threshold, with nothing but what the value needs. */
const MeasuredPart: z.ZodType<Measured> = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('blood-pressure'),
    systolic: ReadingNumber.catch(NO_VALUE),
    diastolic: ReadingNumber.catch(NO_VALUE),
    systolicComparator: Comparator,
    diastolicComparator: Comparator,
    unit: z.enum(pressureUnits),
  }),
  z.object({
    kind: z.enum(['fasting-glucose', 'random-glucose']),
    value: ReadingNumber,
    comparator: Comparator,
    unit: z.enum(glucoseUnits),
  }),
]);

/** What else can be read; the rest is not there. */
const Surroundings = z.object({
  source: Text(200).optional().catch(undefined),
  messageId: Text(200).optional().catch(undefined),
  patientId: Id.optional().catch(undefined),
  localId: LocalId.optional().catch(undefined),
  measuredAt: Instant.optional().catch(undefined),
  context: z.enum(readingContexts).optional().catch(undefined),
});

/** The source of a reading whose message names none. */
const UNNAMED = 'carepath-refused';

/** Undefined for what is no crisis value, cannot be read, or names nobody or two people. */
function readCrisis(item: unknown, { caller }: Asking, receivedAt: Date): NewReading | undefined {
  const measured = MeasuredPart.safeParse(withNumbers(item)).data;
  const around = Surroundings.safeParse(item).data;
  if (!measured || !around || (around.patientId === undefined) === (around.localId === undefined)) return undefined;
  const { source, messageId, patientId, localId } = around;
  const given = around.measuredAt === undefined ? receivedAt : new Date(around.measuredAt);
  const context = around.context ?? defaultContextOf(caller);
  const reading: NewReading = {
    ...(source !== undefined && messageId !== undefined
      ? { source, messageId }
      : { source: UNNAMED, messageId: messageIdOf([patientId, localId, around.measuredAt, measured]) }),
    patient: localId === undefined ? { patientId: patientId as string } : { localId },
    measured,
    measuredAt: given,
    context,
  };
  return isCrisis(reading, receivedAt) ? reading : undefined;
}

/** Without the value itself: an id is read in logs. */
const messageIdOf = (said: unknown): string => `refused:${createHash('sha256').update(JSON.stringify(said)).digest('hex').slice(0, 32)}`;

/** Nothing is known of the person yet: whom they turn out to be decides about the rest as the reading is stored. */
const ANYBODY = { birthDate: '1900-01-01', deceasedAt: null };

function isCrisis({ measured, measuredAt, context }: NewReading, receivedAt: Date): boolean {
  const judged = {
    ...toComparedValues(measured),
    kind: measured.kind,
    context,
    measuredAt: measuredAt.getTime(),
    receivedAt: receivedAt.getTime(),
  };
  const quarantine = quarantineOf(judged, ANYBODY, readingProtocol) ?? null;
  return findCrisisToConfirm({ ...judged, quarantine }, readingProtocol) !== undefined;
}

/**
 * Stores and judges every crisis value among the items, which are in the form of the API. Resolves with the ids of the readings as a member of the problem;
 * with none when there is no such value. Called again it stores nothing and resolves with the same.
 */
export async function keepCrisesOfList(request: Asking, items: readonly unknown[]): Promise<{ readingIds?: string[] }> {
  const receivedAt = new Date();
  const readings = items.flatMap((item) => readCrisis(item, request, receivedAt) ?? []);
  const readingIds = await storeThoseWithinReach(request, readings);
  return readingIds.length > 0 ? { readingIds } : {};
}

/** Staff may not store values of somebody else's residents: those stay refused, the others are kept. */
async function storeThoseWithinReach(request: Asking, readings: readonly NewReading[]): Promise<string[]> {
  for (let left = readings; left.length > 0; ) {
    const tried = left;
    try {
      const results = await inTransaction(request.deps.db, request.actor, (trx) => storeReadings(trx, request, tried, (n) => String(n)));
      return results.map(({ readingId }) => readingId);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const strangers = new Set(error.details.errors?.map(({ path }) => Number(path)));
      left = strangers.size > 0 ? tried.filter((_, n) => !strangers.has(n)) : [];
    }
  }
  return [];
}
