/**
 * Publishing facts: what one part of carepath tells another is stored as a fact with an addressee, in the transaction of what it reports, and is owed
 * to every pathway that listens. A fact is stored whether anybody listens or not.
 */
import { type RawBuilder, sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { Addressee } from '../../domain/kit/facts.ts';
import { deciders, type PathwayFact } from '../../domain/kit/registry.ts';
import { lockResident } from '../directory/resident-records.ts';
import { shortFormOf } from './documents.ts';
import { type Listener, listeningPathways, pathwaysHolding } from './fact-deliveries.ts';
import { SENDER } from './pathway-facts.ts';
import { lockSubjects } from './pathway-subjects.ts';
import type { Trx } from './transaction.ts';

export interface NewFact<Type extends string = PathwayFact> {
  type: Type;
  /** A fact with the same message id is published once, however often it is tried. */
  messageId: string;
  addressee: Addressee;
  /** The institution that the fact comes from. */
  institutionId: string;
  occurredAt: Date;
  /** Ids, codes and instants, which the pathways get beside `occurredAt`. */
  input: Record<string, unknown>;
}

/**
 * Facts to one addressee wait for each other until the transaction ends, so that pathways hear of them in the order in which they were published.
 * `listeners` are the deciders of all pathways unless a test brings its own. Throws for an addressee that is no patient's id.
 */
export async function publishFact(trx: Trx, fact: NewFact): Promise<void>;
export async function publishFact<Type extends string>(trx: Trx, fact: NewFact<Type>, listeners: readonly Listener<Type>[]): Promise<void>;
export async function publishFact(trx: Trx, fact: NewFact<string>, listeners: readonly Listener[] = deciders): Promise<void> {
  const { type, addressee } = fact;
  await lockAddressee(trx, addressee);
  switch (addressee.type) {
    case 'patient':
      return publishFactsToPatients(trx, type, sql`select ${columnsOf(trx, fact)}, ${addressee.patientId}::text as patient_id`, listeners);
    case 'pathway': {
      const patientId = addressee.patientId ?? null;
      const owed = sql`
        select fact_id, pathway_id, creating_command_id from published cross join (${listeningPathways(type, listeners)}) as listening
        where pathway_id = ${addressee.pathwayId}`;
      await storeAndOwe(trx, type, {
        published: sql`select ${columnsOf(trx, fact)}, ${patientId}::text as patient_id, ${addressee.pathwayId}::uuid as addressee_pathway_id`,
        addressee: 'pathway',
        owed,
      });
      return;
    }
    case 'subject': {
      const { subject } = addressee;
      await storeAndOwe(trx, type, {
        published: sql`select ${columnsOf(trx, fact)}, null::text as patient_id, ${subject.type}::text as subject_type, ${subject.id}::text as subject_id`,
        addressee: 'subject',
        owed: sql`select fact_id, pathway_id, null::uuid from published cross join (${pathwaysHolding(subject, type, listeners)}) as listening`,
      });
    }
  }
}

/** The columns that `published` has for every addressee. */
const columnsOf = (trx: Trx, { messageId, institutionId, occurredAt, input }: NewFact<string>) => sql`
  ${uuid()}::uuid as fact_id, ${messageId}::text as message_id, ${occurredAt}::timestamptz as occurred_at,
  ${institutionId}::text as sender_institution_id, '{}'::jsonb as details,
  ${JSON.stringify(shortFormOf(trx, input))}::jsonb as input`;

async function lockAddressee(trx: Trx, addressee: Addressee): Promise<void> {
  switch (addressee.type) {
    case 'patient':
      await lockResident(trx, addressee.patientId);
      return;
    case 'pathway':
      // This must not lock the pathway's row: its own commit holds that, and two pathways that publish to each other would wait for ever.
      await sql`select pg_advisory_xact_lock(hashtextextended(${`carepath fact to pathway ${addressee.pathwayId}`}, 0))`.execute(trx);
      return;
    case 'subject':
      await lockSubjects(trx, [addressee.subject]);
  }
}

/**
 * A fact for each row of a query, to every open pathway of its patient that listens and has not heard of it. The query gives fact_id, patient_id,
 * message_id, occurred_at, sender_institution_id, details and input. A fact that is stored already, with the same id, is owed to whoever listens by
 * now. Whoever calls this holds the locks of the residents.
 */
export async function publishFactsToPatients<Type extends string = PathwayFact>(
  trx: Trx,
  type: Type,
  facts: RawBuilder<unknown>,
  listeners: readonly Listener[] = deciders,
): Promise<void> {
  await storeAndOwe(trx, type, {
    published: facts,
    addressee: 'patient',
    owed: sql`
      select fact_id, pathway_id, creating_command_id
      from published cross join lateral records_of_resident(patient_id) as record
        join (${listeningPathways(type, listeners)}) as listening on listening.patient_id = record.id`,
  });
}

/**
 * A fact for each row of a query, to the pathway that the row names. The query gives pathway_id, creating_command_id (null where the pathway exists),
 * patient_id, message_id, occurred_at, sender_institution_id, details and input. Whoever calls this sees to it that no two of its kind run at once.
 * Returns how many are owed.
 */
export async function publishFactsToPathways(
  trx: Trx,
  type: PathwayFact,
  facts: RawBuilder<unknown>,
  { senderId }: { senderId?: string } = {},
): Promise<number> {
  return storeAndOwe(trx, type, {
    published: sql`select gen_random_uuid() as fact_id, pathway_id as addressee_pathway_id, of_pathway.* from (${facts}) as of_pathway`,
    addressee: 'pathway',
    owed: sql`select fact_id, pathway_id, creating_command_id from published`,
    senderId,
  });
}

interface Publication {
  /** Selects the facts, with `addressee_pathway_id`, or with `subject_type` and `subject_id`, as the kind of addressee needs. */
  published: RawBuilder<unknown>;
  addressee: Addressee['type'];
  /** Selects what has to be delivered, from `published`: `fact_id`, `pathway_id` and `creating_command_id`. */
  owed: RawBuilder<unknown>;
  senderId?: string | undefined;
}

/** One statement. Returns how many deliveries are new. */
async function storeAndOwe(trx: Trx, type: string, { published, addressee, owed, senderId = SENDER }: Publication): Promise<number> {
  const ids = {
    patient: sql`patient_id, null::uuid, null, null`,
    pathway: sql`null, addressee_pathway_id, null, null`,
    subject: sql`null, null::uuid, subject_type, subject_id`,
  }[addressee];
  const { numAffectedRows } = await sql`
    with published as materialized (${published}), stored as (
      insert into fact (id, source, message_id, type, occurred_at, recorded_at, sender_id, sender_institution_id, details, body_hash, status,
        patient_id, input, addressee_type, given_patient_id, addressee_pathway_id, addressee_subject_type, addressee_subject_id)
      select fact_id, ${SENDER}, message_id, ${type}, occurred_at, clock_timestamp(), ${senderId}, sender_institution_id, details,
        sha256(convert_to(message_id, 'UTF8')), 'recorded', patient_id,
        jsonb_build_object('occurredAt', (extract(epoch from occurred_at) * 1000)::bigint) || input, ${addressee}, ${ids}
      from published
      on conflict do nothing returning id
    )
    insert into fact_delivery (fact_id, pathway_id, creating_command_id)
    select * from (${owed}) as owed (fact_id, pathway_id, creating_command_id)
    where exists (select from stored where stored.id = owed.fact_id) or exists (select from fact where fact.id = owed.fact_id)
    on conflict do nothing`.execute(trx);
  return Number(numAffectedRows ?? 0);
}
