/**
 * Messages that are parts of another one. The message that carries them is a row of its own and goes like any other; a trigger makes its parts follow it.
 * Everything here happens in the transaction that leases or reviews the message, so that a process that dies leaves either the parts or the whole.
 */
import { randomUUID } from 'node:crypto';
import { type RawBuilder, sql } from 'kysely';
import { bundleTemplate, fitsChannel } from '../../domain/messages/bundle-text.ts';
import {
  earliestUse,
  goesAtOnce,
  type PartStanding,
  partStandings,
  type StoredPart,
  templatesThatNeverCall,
  templatesWithOthers,
} from '../../domain/messages/bundling.ts';
import { messageStanding } from '../../domain/messages/message-standing.ts';
import { renderMessage } from '../../domain/messages/templates.ts';
import { DAY_MS, startOfDay } from '../../domain/time/shanghai.ts';
import type { Trx } from '../kit/transaction.ts';
import { language } from './message-recipient.ts';
import { type StoredSurroundings, surroundingsColumn, toSurroundings } from './surroundings.ts';

/** Every column by which the standing of a part is known; of a statement that joins a message with its pathway. */
const partColumns = sql`message.id, message.template, message.parameters, pathway.kind, pathway.state,
  coalesce(pathway.clock_offset_ms, 0)::float8 as "offsetMs"`;

/** The parts of the message that a statement reads, as far as they have neither gone nor been withdrawn; an empty list of any other message. */
export const bundledParts: RawBuilder<StoredPart[]> = sql`(
  select coalesce(json_agg(json_build_object('id', part.id, 'template', part.template, 'parameters', part.parameters, 'kind', of_part.kind,
    'state', of_part.state, 'offsetMs', coalesce(of_part.clock_offset_ms, 0)) order by part.created_at, part.id), '[]')
  from message as part left join pathway as of_part on of_part.id = part.pathway_id
  where part.bundle_id = message.id and part.status = 'bundled')`;

/** The parts that have neither gone nor been withdrawn, by the message that carries them, locked. */
async function lockParts(trx: Trx, bundleIds: readonly string[]): Promise<(StoredPart & { bundleId: string })[]> {
  if (bundleIds.length === 0) return [];
  const { rows } = await sql<StoredPart & { bundleId: string }>`
    select message.bundle_id as "bundleId", ${partColumns} from message left join pathway on pathway.id = message.pathway_id
    where message.bundle_id = any(${[...bundleIds]}::uuid[]) and message.status = 'bundled'
    order by message.created_at, message.id for update of message`.execute(trx);
  return rows;
}

export interface LeftOfBundle {
  parts: readonly StoredPart[];
  /** On the wall clock; null while all of it is worth telling. */
  usefulUntil: number | null;
  /** Why the message must not go any more: nothing in it is meant. */
  dropped: string | null;
}

/** Takes the parts out that must not go any more at an instant of the wall clock, and says what is left of each message. */
export async function dropParts(trx: Trx, bundleIds: readonly string[], at: number): Promise<ReadonlyMap<string, LeftOfBundle>> {
  const parts = await lockParts(trx, bundleIds);
  const left = new Map<string, LeftOfBundle>();
  for (const bundleId of bundleIds) {
    const own = parts.filter((part) => part.bundleId === bundleId);
    const standings = partStandings(own, at);
    const kept = standings.filter(({ dropped }) => dropped === null);
    const gone = standings.filter((standing): standing is PartStanding & { dropped: string } => standing.dropped !== null);
    for (const { id, dropped } of gone)
      await trx.updateTable('message').set({ status: 'withdrawn', withdrawn_because: dropped }).where('id', '=', id).execute();
    left.set(bundleId, {
      parts: own.filter(({ id }) => kept.some((one) => one.id === id)),
      usefulUntil: earliestUse(kept),
      dropped: kept.length > 0 ? null : (gone.at(-1)?.dropped ?? 'already-done'),
    });
  }
  return left;
}

/** What goes to one resident now, as one message if it is several. */
export interface ToBundle {
  patientId: string;
  channel: string;
  /** Of the clocks of their pathways. */
  offsetMs: number;
  /** The messages whose turn has come, which are locked. */
  ids: readonly string[];
}

export interface Bundled {
  /** The message that goes: one that carries parts, or the only one that there is. */
  goingId: string;
  usefulUntil: number | null;
  /** The messages whose turn had come and that did not fit. */
  leftOut: readonly string[];
}

interface Candidate extends StoredPart {
  pathwayId: string | null;
  patientId: string;
  nextAttemptAt: Date;
  surroundings: StoredSurroundings;
}

/**
 * Puts the messages together that go to a resident now, and with them what would have gone later on this day. What does not fit into one text stays by
 * itself. `at` is an instant of the wall clock.
 */
export async function formBundles<Group extends ToBundle>(
  trx: Trx,
  groups: readonly Group[],
  at: number,
): Promise<ReadonlyMap<Group, Bundled>> {
  const bundled = new Map<Group, Bundled>();
  if (groups.length === 0) return bundled;
  const candidates = await lockCandidates(trx, groups, at);
  for (const group of groups) {
    const chosen = chooseParts(
      candidates.filter((candidate) => mayJoin(candidate, group, at)),
      group,
    );
    const [first] = chosen;
    if (!first) continue;
    bundled.set(group, {
      goingId: chosen.length === 1 ? first.id : await insertBundle(trx, group, chosen, at),
      usefulUntil: earliestUse(partStandings(chosen, at)),
      leftOut: group.ids.filter((id) => !chosen.some((one) => one.id === id)),
    });
  }
  return bundled;
}

/** The end of the day of a group, on the wall clock. */
const endOfGroupsDay = ({ offsetMs }: ToBundle, at: number): number => startOfDay(at + offsetMs) + DAY_MS - offsetMs;

/** What is due, and whatever of the same residents waits until later on this day without an attempt: whoever has tried may have told. */
async function lockCandidates(trx: Trx, groups: readonly ToBundle[], at: number): Promise<Candidate[]> {
  const due = sql`message.id = any(${groups.flatMap(({ ids }) => ids)}::uuid[])`;
  const latest = new Date(Math.max(...groups.map((group) => endOfGroupsDay(group, at))));
  const surroundings = surroundingsColumn({
    centreId: sql`patient.home_institution_id`,
    placeId: sql`message.parameters ->> 'placeId'`,
    template: sql`message.template`,
    version: sql`null::integer`,
    messageId: sql`null::uuid`,
  });
  const { rows } = await sql<Candidate>`
    select ${partColumns}, message.pathway_id as "pathwayId", message.recipient_id as "patientId", message.next_attempt_at as "nextAttemptAt",
      ${surroundings} as surroundings
    from message join patient on patient.id = message.recipient_id left join pathway on pathway.id = message.pathway_id
    where message.recipient_type = 'patient' and message.recipient_id = any(${groups.map(({ patientId }) => patientId)}::text[])
      and message.status = 'waiting' and message.attempts = 0 and message.template = any(${[...templatesWithOthers]}::text[])
      and (${due} or message.channel <> 'paper' and message.waits_for is distinct from 'confirmation' and message.next_attempt_at < ${latest})
    order by message.created_at, message.id for update of message skip locked`.execute(trx);
  return rows;
}

function mayJoin(candidate: Candidate, group: ToBundle, at: number): boolean {
  if (group.ids.includes(candidate.id)) return true;
  if (candidate.patientId !== group.patientId || candidate.offsetMs !== group.offsetMs || group.channel === 'paper') return false;
  if (candidate.nextAttemptAt.getTime() >= endOfGroupsDay(group, at)) return false;
  const standing = messageStanding({ ...candidate, audience: 'patient' });
  const [part] = partStandings([candidate], at);
  return part?.dropped === null && !goesAtOnce(candidate, standing, at + candidate.offsetMs);
}

/** As many as fit into one text, those first that would come too late another day. */
function chooseParts(candidates: readonly Candidate[], { channel }: ToBundle): Candidate[] {
  const until = (candidate: Candidate): number => partStandings([candidate], 0)[0]?.usefulUntil ?? Number.POSITIVE_INFINITY;
  const mostPressing = candidates
    .map((candidate) => ({ candidate, until: until(candidate) }))
    .sort((a, b) => (a.until === b.until ? 0 : a.until - b.until))
    .map(({ candidate }) => candidate);
  const chosen: Candidate[] = [];
  for (const candidate of mostPressing)
    if (chosen.length === 0 || fitsChannel(textOf([...chosen, candidate]), channel, language)) chosen.push(candidate);
  return candidates.filter((candidate) => chosen.includes(candidate));
}

function textOf(candidates: readonly Candidate[]): string {
  const parts = candidates.map(({ pathwayId, template, kind, parameters, surroundings }) => ({
    template,
    kind,
    parameters: { referralId: pathwayId, ...parameters },
    ...toSurroundings(surroundings),
  }));
  const centre = parts[0]?.centre ?? null;
  return renderMessage({
    template: bundleTemplate,
    kind: null,
    parameters: {},
    audience: 'patient',
    language,
    around: { centre, place: null, parts },
  }).body;
}

/** Tasks of the message hang on the pathway of its first part that may cost a call. */
async function insertBundle(trx: Trx, { patientId, channel }: ToBundle, parts: readonly Candidate[], at: number): Promise<string> {
  const leading = parts.find(({ template }) => !templatesThatNeverCall.includes(template)) ?? parts[0];
  const id = randomUUID();
  await trx
    .insertInto('message')
    .values({
      id,
      key: `bundle:${id}`,
      pathway_id: leading?.pathwayId ?? null,
      template: bundleTemplate,
      parameters: '{}',
      recipient_type: 'patient',
      recipient_id: patientId,
      channel,
      next_attempt_at: new Date(at),
    })
    .execute();
  await trx
    .updateTable('message')
    .set({ status: 'bundled', bundle_id: id, channel, waits_for: null })
    .where(
      'id',
      'in',
      parts.map((part) => part.id),
    )
    .execute();
  return id;
}

/** The parts wait for themselves again, because they do not belong together any more. */
export async function takeBundlesApart(trx: Trx, patientIds: readonly string[]): Promise<void> {
  await sql`
    with apart as (
      select id from message where recipient_type = 'patient' and recipient_id = any(${[...patientIds]}::text[])
        and template = ${bundleTemplate} and status = 'waiting' for update
    ), parts as (
      update message set status = 'waiting', bundle_id = null, next_attempt_at = now() from apart where bundle_id = apart.id and status = 'bundled'
    )
    update message set status = 'withdrawn', withdrawn_because = 'taken-apart', waits_for = null from apart where message.id = apart.id`.execute(
    trx,
  );
}

/** Notes how far the pathways of the parts have come, and in which versions the parts were handed over. */
export async function noteSeenVersions(trx: Trx, bundleId: string, versions: Readonly<Record<string, number>> = {}): Promise<void> {
  await sql`
    update message set seen_version = (select version from pathway where pathway.id = message.pathway_id),
      template_version = coalesce((${JSON.stringify(versions)}::jsonb ->> message.id::text)::integer, template_version)
    where bundle_id = ${bundleId} and status = 'bundled'`.execute(trx);
}

/** These parts were in what has arrived, whatever was decided about them meanwhile. */
export async function noteToldParts(
  trx: Trx,
  bundleId: string,
  versions: Readonly<Record<string, number>>,
  now: RawBuilder<Date>,
): Promise<void> {
  await sql`
    update message set status = 'sent', sent_at = ${now}, withdrawn_because = null,
      template_version = (${JSON.stringify(versions)}::jsonb ->> message.id::text)::integer
    where bundle_id = ${bundleId} and ${JSON.stringify(versions)}::jsonb ? message.id::text`.execute(trx);
}

/** The parts of a message that were not withdrawn, in the order in which they were written; none of an ordinary message. */
export async function listPartIds(trx: Trx, messageId: string): Promise<string[]> {
  const rows = await trx
    .selectFrom('message')
    .select('id')
    .where('bundle_id', '=', messageId)
    .where('status', '<>', 'withdrawn')
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return rows.map(({ id }) => id);
}
