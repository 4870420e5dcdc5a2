/** What the tables of crisis readings have to do with a decision: they know which values have come, and are closed with the pathway. */
import {
  closeCrisisReading,
  type LockedCrisisReading,
  listReadingsAfter,
  lockCrisisReading,
  reopenCrisisReading,
} from '../../db/crisis-reading/crisis-readings.ts';
import type { Trx } from '../../db/kit/transaction.ts';
import { readingProtocol } from '../../db/readings/protocol.ts';
import type { ConfirmCrisisReading } from '../../domain/crisis-reading/events.ts';
import { hasBeenMeasuredAgain } from '../../domain/crisis-reading/measured-again.ts';
import type { CrisisReadingState } from '../../domain/crisis-reading/state.ts';
import type { Actor, Refusal } from '../../domain/kit/pathway.ts';
import type { Projected, Projection } from '../kit/projection.ts';
import { startReferral } from './referral.ts';

/** A value that has come meanwhile was not seen by whoever confirms, so that it must not be closed with the others. */
async function refuse(trx: Trx, { pathwayId, before, event }: Projected<CrisisReadingState>): Promise<Refusal | undefined> {
  if (event.name !== 'confirm') return undefined;
  const locked = await lockCrisisReading(trx, pathwayId);
  if (locked.status !== 'open') return { code: 'transition-not-allowed', state: locked.status, allowed: [] };
  if (hasUnseenValue(before, locked)) return { code: 'further-crisis-value', state: before.status };
  if ((event.input as ConfirmCrisisReading).isDoctor) return undefined;
  return (await isMeasuredAgain(trx, before)) ? undefined : { code: 'value-below-threshold-required', state: before.status };
}

const hasUnseenValue = ({ values: seen }: CrisisReadingState, { values }: LockedCrisisReading): boolean =>
  values.some(({ readingId, value }) => !seen.some((known) => known.readingId === readingId && known.value === value));

async function isMeasuredAgain(trx: Trx, { patientId, values }: CrisisReadingState): Promise<boolean> {
  const first = Math.min(...values.map(({ effectiveAt }) => effectiveAt));
  return hasBeenMeasuredAgain(values, await listReadingsAfter(trx, patientId, new Date(first)), readingProtocol);
}

async function project(trx: Trx, { pathwayId, before, after, event, decision, texts }: Projected<CrisisReadingState>): Promise<void> {
  if (before.status === 'died' && after.status === 'open') return reopenCrisisReading(trx, pathwayId);
  if (after.status === null || after.status === 'open' || before.status !== 'open') return;
  const actor = event.actor as Actor | null;
  const referralId =
    after.referralId !== null && actor
      ? await startReferral(trx, before, {
          referralId: after.referralId,
          isDraft: !(event.input as ConfirmCrisisReading).isDoctor,
          actor,
          at: new Date(decision.at),
          eventId: event.id,
        })
      : null;
  await closeCrisisReading(trx, {
    id: pathwayId,
    status: after.status,
    at: new Date(decision.at),
    by: actor,
    action: after.action,
    note: typeof texts.note === 'string' ? texts.note : null,
    referralId,
  });
}

export const crisisReadingProjection: Projection<CrisisReadingState> = { project, refuse };
