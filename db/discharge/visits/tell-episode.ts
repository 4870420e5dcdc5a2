/** The episode of a stay: begun with its first standing, told of each later one. Whoever has died is told of as dead from the beginning. */
import { v7 as uuid } from 'uuid';
import type { VisitStanding } from '../../../domain/discharge/standing.ts';
import type { Actor } from '../../../domain/kit/pathway.ts';
import type { ResidentRecords } from '../../directory/resident-records.ts';
import { publishFactsToEachPathway } from '../../kit/outgoing.ts';
import type { Trx } from '../../kit/transaction.ts';
import { beginEpisode, tellStanding } from '../tell-episodes.ts';
import { findLastApplied, type Stay, type StoredMessage } from './stays.ts';

export interface Patient extends ResidentRecords {
  homeInstitutionId: string;
  /** By the register, in milliseconds; null for the living. */
  deceasedAt: number | null;
}

/** Called for a stay whose standing has changed. Resolves with the id of the episode, which the stay keeps. */
export async function tellEpisode(trx: Trx, stay: Stay, patient: Patient): Promise<string | null> {
  const { standing } = stay.folded;
  if (standing === null) return stay.episodeId;
  if (stay.episodeId === null) return begin(trx, stay, standing, patient);
  if (!stay.isOver) {
    const { hospitalId, episodeId: pathwayId } = stay;
    await tellStanding(trx, { pathwayId, hospitalId, number: stay.number + 1, standing }, changedAt(stay));
  }
  return stay.episodeId;
}

async function begin(
  trx: Trx,
  stay: Stay,
  standing: VisitStanding,
  { survivorId, homeInstitutionId, deceasedAt }: Patient,
): Promise<string> {
  const { hospitalId, visitNumber, number } = stay;
  const pathwayId = uuid();
  const by = { actor: senderOf(findLastApplied(stay), hospitalId), requestId: `visit:${stay.id}` };
  const noticed = { noticedAt: new Date(), centreId: homeInstitutionId };
  await beginEpisode(trx, { pathwayId, patientId: survivorId, hospitalId, visitNumber, number: number + 1, standing, ...noticed }, by);
  if (deceasedAt !== null)
    await publishFactsToEachPathway(trx, [
      {
        type: 'patient-died',
        pathwayId,
        messageId: `died-before-episode:${pathwayId}`,
        institutionId: hospitalId,
        occurredAt: new Date(deceasedAt),
        input: {},
      },
    ]);
  return pathwayId;
}

/** The system whose message has told of the stay last. */
const senderOf = (message: StoredMessage | undefined, hospitalId: string): Actor => ({
  personId: message?.senderId ?? 'carepath',
  institutionId: message?.senderInstitutionId ?? hospitalId,
  role: 'gateway',
});

/** When the hospital wrote down what has changed. */
const changedAt = (stay: Stay): Date => new Date(Math.min(findLastApplied(stay)?.recordedAt.getTime() ?? Date.now(), Date.now()));
