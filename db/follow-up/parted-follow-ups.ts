/**
 * Two records that were merged wrongly are two residents' again: a follow-up that had joined the other one goes on, and what each of them holds of the
 * other resident goes back. An enrolment belongs to the record under which it was begun.
 */
import { sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { Enrol, FollowUpJoined, MergerRetracted, PartingFollowUp } from '../../domain/follow-up/events.ts';
import type { FollowUpHoldings } from '../../domain/follow-up/state.ts';
import type { RecordsParted } from '../directory/resident-records.ts';
import { storeCreatingCommands } from '../kit/outgoing.ts';
import { SENDER } from '../kit/pathway-facts.ts';
import { publishFact } from '../kit/publish-facts.ts';
import { reopenPathways } from '../kit/reopen-pathways.ts';
import type { Trx } from '../kit/transaction.ts';

/** A follow-up that the merger has made join another one. */
interface Joined {
  pathwayId: string;
  joinFactId: string;
  handedOver: boolean;
}

/** An enrolment with the command that began it. `pathwayId` is where it stands now. */
interface Begun {
  enrolmentId: string;
  pathwayId: string;
  begunIn: string;
  status: string;
  input: Enrol;
}

type Told = Omit<MergerRetracted, 'occurredAt'>;

/** Resolves with what each follow-up has to be told, by its pathway. */
export async function partFollowUps(trx: Trx, parting: RecordsParted): Promise<Map<string, Told>> {
  const { heardPathwayIds, parted, kept, by } = parting;
  const followUps = await listFollowUps(trx, parting);
  const joined = await listJoined(trx, parting.factIds, followUps);
  await reopenPathways(trx, { factIds: joined.map(({ joinFactId }) => joinFactId), type: 'merger-retracted' });
  const begun = await listBegun(trx, followUps);
  const isOfParted = (patientId: string) => parted.recordIds.includes(patientId);
  const sideOf = (pathwayId: string): boolean => {
    const first = begun.find(({ begunIn }) => begunIn === pathwayId);
    return first ? isOfParted(first.input.patientId) : heardPathwayIds.includes(pathwayId);
  };
  await partVisits(
    trx,
    parting,
    begun.filter(({ input }) => isOfParted(input.patientId)).map(({ enrolmentId }) => enrolmentId),
  );

  const episodes = await listOpenEpisodes(trx, [...parted.recordIds, ...kept.recordIds]);
  const told = new Map<string, Told>();
  for (const pathwayId of followUps) {
    const side = sideOf(pathwayId);
    const join = joined.find((one) => one.pathwayId === pathwayId);
    const foreign = begun.filter((one) => one.pathwayId === pathwayId && isOfParted(one.input.patientId) !== side);
    const parts = join ? [] : await partsOf(trx, { foreign, joined: joined.filter((one) => sideOf(one.pathwayId) !== side) }, by);
    const episodeIds = episodes.filter(({ patientId }) => isOfParted(patientId) !== side).map(({ id }) => id);
    if (!join && parts.length === 0 && episodeIds.length === 0 && !heardPathwayIds.includes(pathwayId)) continue;
    told.set(pathwayId, {
      patientId: (side ? parted : kept).survivorId,
      ...(join ? { resumes: true as const } : {}),
      ...(join?.handedOver ? { handedOver: true as const } : {}),
      ...(parts.length > 0 ? { parts } : {}),
      ...(episodeIds.length > 0 ? { episodeIds } : {}),
    });
  }
  return told;
}

/** The follow-ups of both that are open, those that have heard of the merger, and those that one of them has taken in. */
async function listFollowUps(trx: Trx, { heardPathwayIds, parted, kept }: RecordsParted): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    with recursive known as (
      select id, state from pathway where kind = 'follow-up' and version > 0
        and (id = any(${[...heardPathwayIds]}::uuid[]) or status = 'open' and patient_id = any(${[...parted.recordIds, ...kept.recordIds]}::text[]))
      union
      select pathway.id, pathway.state
      from known cross join lateral jsonb_array_elements(coalesce(known.state -> 'takenOver', '[]')) as taken
        join pathway on pathway.id = (taken ->> 'fromPathwayId')::uuid
    )
    select id from known order by id`.execute(trx);
  return rows.map(({ id }) => id);
}

async function listJoined(trx: Trx, factIds: readonly string[], followUps: readonly string[]): Promise<Joined[]> {
  const { rows } = await sql<Joined>`
    select pathway.id as "pathwayId", joining.id as "joinFactId", exists (
      select from fact as handed where handed.source = ${SENDER} and handed.type = 'follow-up-joined'
        and handed.message_id in (concat('follow-up-joined:', pathway.id), concat('follow-up-joined:', pathway.id, ':', joining.id))) as "handedOver"
    from unnest(${[...followUps]}::uuid[]) as pathway(id) cross join unnest(${[...factIds]}::text[]) as merger(id)
      join fact as joining on joining.source = ${SENDER} and joining.message_id = concat('join-follow-up:', merger.id, ':', pathway.id)
    order by pathway.id`.execute(trx);
  return rows;
}

async function listBegun(trx: Trx, followUps: readonly string[]): Promise<Begun[]> {
  const { rows } = await sql<Begun>`
    select enrolment.id as "enrolmentId", enrolment.pathway_id as "pathwayId", decision.pathway_id as "begunIn", enrolment.status,
      decision.event -> 'input' as input
    from decision join enrolment on enrolment.id = (decision.event #>> '{input,enrolmentId}')::uuid
    where decision.pathway_id = any(${[...followUps]}::uuid[]) and decision.event ->> 'name' = 'enrol' and decision.event ->> 'kind' = 'command'
    order by decision.pathway_id, decision.version`.execute(trx);
  return rows;
}

const listOpenEpisodes = (trx: Trx, recordIds: readonly string[]): Promise<{ id: string; patientId: string }[]> =>
  trx
    .selectFrom('reading_episode')
    .select(['id', 'patient_id as patientId'])
    .where('patient_id', '=', sql<string>`any(${[...recordIds]}::text[])`)
    .where('closed_at', 'is', null)
    .execute();

/**
 * What a follow-up holds of the other resident goes to the one that had joined it: each enrolment to where it was begun, else to the first. Without one
 * such enrolments that have not ended go on in a follow-up that begins now.
 */
async function partsOf(
  trx: Trx,
  { foreign, joined }: { foreign: readonly Begun[]; joined: readonly Joined[] },
  by: RecordsParted['by'],
): Promise<PartingFollowUp[]> {
  const [first] = joined;
  if (first) {
    const targetOf = ({ begunIn }: Begun) => joined.find(({ pathwayId }) => pathwayId === begunIn) ?? first;
    return joined
      .filter(({ handedOver }) => handedOver)
      .map((target) => ({
        toPathwayId: target.pathwayId,
        had: true,
        enrolmentIds: foreign.filter((one) => targetOf(one) === target).map(({ enrolmentId }) => enrolmentId),
      }));
  }
  const going = foreign.filter(({ status }) => status !== 'ended');
  const toPathwayId = uuid();
  const [begins, ...others] = going;
  if (!begins) return [];
  const input = { ...begins.input, enrolmentId: uuid() };
  await storeCreatingCommands(trx, [
    { kind: 'follow-up', pathwayId: toPathwayId, name: 'enrol', actor: by.actor, input, requestId: by.requestId },
  ]);
  return [{ toPathwayId, had: false, enrolmentIds: [begins, ...others].map(({ enrolmentId }) => enrolmentId) }];
}

/** A visit that was recorded meanwhile goes with the enrolments that it was recorded for, if all of them are of the record that parts. */
async function partVisits(trx: Trx, { since, parted, kept }: RecordsParted, enrolmentIds: readonly string[]): Promise<void> {
  const ids = sql`any(${[...enrolmentIds]}::uuid[])`;
  await sql`
    update patient_visit set patient_id = ${parted.survivorId}
    where patient_id = any(${[...kept.recordIds]}::text[]) and recorded_at >= ${since} and entered_in_error is null
      and exists (select from follow_up_visit as part where part.visit_id = patient_visit.id and part.enrolment_id = ${ids})
      and not exists (select from follow_up_visit as part where part.visit_id = patient_visit.id and part.enrolment_id <> all(${[...enrolmentIds]}::uuid[]))
      and not exists (select from patient_visit as same where same.patient_id = ${parted.survivorId} and same.visited_at = patient_visit.visited_at
        and same.entered_in_error is null)`.execute(trx);
}

/** Gives another follow-up what is its own, in the transaction in which this one parts with it. */
export async function giveBackParts(
  trx: Trx,
  {
    pathwayId,
    stepId,
    part,
    held,
    institutionId,
    at,
  }: { pathwayId: string; stepId: string; part: PartingFollowUp; held: FollowUpHoldings; institutionId: string; at: Date },
): Promise<void> {
  const input: Omit<FollowUpJoined, 'occurredAt'> = { fromPathwayId: pathwayId, held, ...(part.had ? { givenBack: true as const } : {}) };
  await publishFact(trx, {
    type: 'follow-up-joined',
    messageId: `follow-up-parted:${pathwayId}:${part.toPathwayId}:${stepId}`,
    addressee: { type: 'pathway', pathwayId: part.toPathwayId },
    institutionId,
    occurredAt: at,
    input: { ...input },
  });
}
