/** Consent that a person gives with a form of their visit is consent to the referral that a draft of the same centre waits to make. */
import { sql } from 'kysely';
import type { Actor } from '../../domain/kit/pathway.ts';
import type { EditDraft } from '../../domain/referral/events.ts';
import { storeRelayedCommand } from '../kit/relayed-commands.ts';
import type { Trx } from '../kit/transaction.ts';

export interface ConsentAtVisit {
  visitId: string;
  patientId: string;
  consent: { given: boolean; recordedAt: string };
  actor: Actor;
  requestId: string;
}

/** Leaves the consent for each draft of the actor's institution that lacks it. A refusal changes nothing that was given before. */
export async function giveConsentToDrafts(trx: Trx, { visitId, patientId, consent, actor, requestId }: ConsentAtVisit): Promise<void> {
  if (!consent.given) return;
  const drafts = await trx
    .selectFrom('referral')
    .select('id')
    .where(sql<boolean>`patient_id in (select id from records_of_resident(${patientId}))`)
    .where('status', '=', 'draft')
    .where('direction', '=', 'up')
    .where('initiator_institution_id', '=', actor.institutionId)
    .where(sql<boolean>`(consent ->> 'given') is distinct from 'true'`)
    .execute();
  const input: EditDraft = { consentGiven: true, fields: ['consent'] };
  for (const { id } of drafts)
    await storeRelayedCommand(trx, {
      key: `consent-at-visit:${id}:${visitId}`,
      operation: 'editReferralDraft',
      requestId,
      pathwayId: id,
      pathwayKind: 'referral',
      name: 'edit-draft',
      actor,
      input,
      texts: { consent },
    });
}
