/** Tells the pathway of a visit what stands of it: the first standing begins an episode, each later one reaches it as a fact. */
import type { CreateEpisode, VisitStandingChanged } from '../../domain/discharge/events.ts';
import type { VisitStanding } from '../../domain/discharge/standing.ts';
import type { RecordedBy } from '../directory/fact-audit.ts';
import { loadCurrentCalendar } from '../follow-up/protocols.ts';
import { shortFormOf, storeDocuments } from '../kit/documents.ts';
import { publishFactsToEachPathway, storeCreatingCommands } from '../kit/outgoing.ts';
import type { Trx } from '../kit/transaction.ts';
import { loadDocumentsInForce } from './documents-in-force.ts';
import { findWard } from './visits/wards.ts';

export interface EpisodeToBegin {
  pathwayId: string;
  patientId: string;
  hospitalId: string;
  /** The present home institution of the patient. */
  centreId: string;
  visitNumber: string;
  number: number;
  standing: VisitStanding;
  noticedAt: Date;
}

/** The relay begins it, with the documents that are in force now and that it keeps. One that is being created already is not created twice. */
export async function beginEpisode(trx: Trx, { pathwayId, noticedAt, ...episode }: EpisodeToBegin, by: RecordedBy): Promise<void> {
  const [calendar, documents, departmentId] = await Promise.all([
    loadCurrentCalendar(trx),
    loadDocumentsInForce(trx),
    findWardOf(trx, episode.hospitalId, episode.standing),
  ]);
  await storeDocuments(trx, [calendar, ...Object.values(documents)]);
  const input: CreateEpisode = { ...episode, departmentId, noticedAt: noticedAt.getTime(), calendar, ...documents };
  await storeCreatingCommands(trx, [
    { kind: 'discharge', pathwayId, name: 'create', actor: by.actor, input: shortFormOf(trx, input), requestId: by.requestId },
  ]);
}

/** A standing that the episode has heard of, or an older one, changes nothing there. */
export async function tellStanding(
  trx: Trx,
  { pathwayId, hospitalId, number, standing }: Pick<EpisodeToBegin, 'pathwayId' | 'hospitalId' | 'number' | 'standing'>,
  occurredAt: Date,
): Promise<void> {
  const departmentId = await findWardOf(trx, hospitalId, standing);
  const input: Omit<VisitStandingChanged, 'occurredAt'> = { number, standing, departmentId };
  await publishFactsToEachPathway(trx, [
    {
      type: 'visit-standing',
      pathwayId,
      messageId: `visit-standing:${pathwayId}:${number}`,
      institutionId: hospitalId,
      occurredAt,
      input: { ...input },
    },
  ]);
}

/** The department of the standing's code; null where the hospital has none of it. */
const findWardOf = async (trx: Trx, hospitalId: string, { departmentCode }: VisitStanding): Promise<string | null> =>
  departmentCode === null ? null : ((await findWard(trx, hospitalId, departmentCode)) ?? null);
