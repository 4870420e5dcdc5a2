/** Tells the episodes of a resident that somebody has seen or called them for another reason: one conversation counts on every pathway. */
import { sql } from 'kysely';
import type { ContactOutcome, VisitMode } from '../../domain/discharge/codes.ts';
import type { ResidentCalled } from '../../domain/discharge/events.ts';
import type { CallOutcome } from '../../domain/messages/channels.ts';
import { publishFactsToEachPathway } from '../kit/outgoing.ts';
import type { PathwayFactToPublish } from '../kit/pathway-facts.ts';
import { residentOfMessage } from '../kit/resident-of-message.ts';
import type { Trx } from '../kit/transaction.ts';
import { findNumbers } from './episodes.ts';

export interface ContactElsewhere {
  patientId: string;
  /** Of whoever has seen or called the resident. */
  institutionId: string;
  /** By the wall's clock: each episode hears it by its own. */
  at: Date;
  /** The visit or the call, which is told once. */
  id: string;
}

export interface AttemptElsewhere {
  channel: 'phone' | 'second-phone';
  outcome: ContactOutcome;
  /** The place of the family contact that was called. */
  contact?: number | undefined;
}

/** A visit by telephone is a call that has reached the resident. */
export async function tellEpisodesOfVisit(trx: Trx, seen: ContactElsewhere, mode: VisitMode | 'phone'): Promise<void> {
  if (mode === 'phone') return tellEpisodesOfCall(trx, seen, { channel: 'phone', outcome: 'reached' });
  await tellEpisodes(trx, seen, 'resident-seen', async () => ({ mode }));
}

export const tellEpisodesOfCall = (trx: Trx, called: ContactElsewhere, attempt: AttemptElsewhere): Promise<void> =>
  tellEpisodes(
    trx,
    called,
    'resident-called',
    async (): Promise<ResidentCalled> => ({
      ...attempt,
      ...(await findNumbers(trx, called.patientId)),
    }),
  );

/** What came of the call of a message: to the resident, or to a contact of theirs. */
export async function tellEpisodesOfMessageCall(
  trx: Trx,
  { messageId, outcome, institutionId }: { messageId: string; outcome: CallOutcome; institutionId: string },
): Promise<void> {
  const called = await trx
    .selectFrom('message')
    .innerJoin('patient', (join) => join.on('patient.id', '=', residentOfMessage))
    .select([
      'patient.id as patientId',
      'message.recipient_type as recipientType',
      'message.attempts',
      sql<number | null>`(select n - 1 from jsonb_array_elements(patient.contacts) with ordinality as listed (contact, n)
        where coalesce(contact ->> 'id', 'contact-' || n) = message.recipient_id)::int`.as('contact'),
    ])
    .where('message.id', '=', messageId)
    .executeTakeFirst();
  if (!called) return;
  const { patientId, recipientType, contact, attempts } = called;
  const isContact = recipientType === 'contact';
  if (isContact && contact === null) return;
  await tellEpisodesOfCall(
    trx,
    { patientId, institutionId, at: new Date(), id: `${messageId}:${attempts}` },
    {
      channel: isContact ? 'second-phone' : 'phone',
      outcome: outcome === 'agreed' ? 'reached' : outcome,
      ...(isContact && contact !== null ? { contact } : {}),
    },
  );
}

/** One question to the database where there is no episode, which is so for nearly everybody. */
async function tellEpisodes(
  trx: Trx,
  { patientId, institutionId, at, id }: ContactElsewhere,
  type: 'resident-seen' | 'resident-called',
  toInput: () => Promise<object>,
): Promise<void> {
  const episodes = await trx
    .selectFrom('pathway')
    .select(['id', sql<number>`clock_offset_ms::float8`.as('clockOffsetMs')])
    .where('kind', '=', 'discharge')
    .where('status', '=', 'open')
    .where(sql<boolean>`patient_id in (select id from records_of_resident(${patientId}))`)
    .orderBy('id')
    .execute();
  if (episodes.length === 0) return;
  const input = { ...(await toInput()) };
  const facts = episodes.map(
    ({ id: pathwayId, clockOffsetMs }): PathwayFactToPublish => ({
      type,
      pathwayId,
      messageId: `${type}:${id}:${pathwayId}`,
      institutionId,
      occurredAt: new Date(at.getTime() + clockOffsetMs),
      input,
    }),
  );
  await publishFactsToEachPathway(trx, facts);
}
