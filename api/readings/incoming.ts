/** What holds for readings as they arrive, whether in the form of the API or of FHIR: how many at once, their usual context, and whom they may be about. */
import { z } from '@hono/zod-openapi';
import type { Trx } from '../../db/kit/transaction.ts';
import { type NewReading, type ReadingResult, recordReadings } from '../../db/readings/record.ts';
import type { ReadingContext } from '../../domain/readings/reading.ts';
import type { Caller } from '../kit/auth.ts';
import type { OperationRequest } from '../kit/operation.ts';
import { type FieldError, Problem } from '../kit/problem.ts';
import { reaches, reachUnder } from '../kit/reach.ts';
import { Text } from '../kit/schemas.ts';
import { ruleOf } from '../policy.ts';

export const MOST_READINGS = 1_000;
/** A thousand readings with long names in them; as Observations they are longer still. */
export const MOST_READING_BYTES = 2 * 1_024 * 1_024;

/** Beyond it no device counts, not even the codes for "no value" of 32 bits: a slip of the program, not of the person. */
export const ReadingNumber = z.number().min(-10_000_000_000).max(10_000_000_000);

export const LocalId = z.strictObject({ system: Text(200), value: Text(100) });

/** The context that holds where the sender names none: readings from a gateway were taken by its devices, readings from staff by themselves. */
export const defaultContextOf = ({ roles }: Caller): ReadingContext => (roles.includes('gateway') ? 'device' : 'clinic');

/**
 * Stores them all, or none: staff who name somebody who is no resident of their institution have the wrong patient before them, which is said at
 * once; a gateway cannot be asked, so what it says of strangers is held. Throws Problem 422.
 */
export async function storeReadings(
  trx: Trx,
  { caller, actor, requestId, operationId }: Pick<OperationRequest, 'caller' | 'actor' | 'requestId' | 'operationId'>,
  readings: readonly NewReading[],
  pathOf: (n: number) => string,
): Promise<ReadingResult[]> {
  const reach = reachUnder(ruleOf(operationId), caller);
  return recordReadings(trx, {
    readings,
    receivedAt: new Date(),
    by: { actor, requestId },
    check(named) {
      if (reach.over === 'alliance') return;
      const errors = named.flatMap((person, n): FieldError[] =>
        person && reaches(reach, person.homeInstitutionId) ? [] : [{ path: pathOf(n), message: strangers }],
      );
      if (errors.length > 0) throw new Problem('invalid-request', { errors });
    },
  });
}

const strangers = { zh: '不是本机构管理的居民', en: 'is no resident of your institution' };
