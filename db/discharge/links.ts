/** Links for patients: found by the hash of what opens them, with their codes and sessions. Instants are on the clock of the episode unless it is said. */
import { sql } from 'kysely';
import type { LinkRecipient } from '../../domain/discharge/link-state.ts';
import type { ActingFor, Database } from '../kit/database.ts';
import { inTransaction, type Trx } from '../kit/transaction.ts';
import { noteWrongNumber } from '../messages/tasks.ts';
import { linkHolds } from './link-holds.ts';

/** The number of whom a link would go to; undefined where there is none, or one that is somebody else's. */
export async function findLinkNumber(db: Database, patientId: string, to: LinkRecipient): Promise<string | undefined> {
  const { rows } = await sql<{ phone: string | null }>`
    select ${
      to === 'patient'
        ? sql`case when phone_key is distinct from wrong_phone_key then phone end`
        : sql`(select contact ->> 'phone' from (select contacts -> ${to}::integer as contact) as named where phone_key(contact ->> 'phone') <> all(wrong_contact_keys))`
    } as phone
    from patient where id = ${patientId}`.execute(db);
  return rows[0]?.phone ?? undefined;
}

/** In the commit that sends it. Without a number there is nothing to hold, and its message goes nowhere. */
export async function insertLink(
  trx: Trx,
  { id, episodeId, patientId, to, tokenHash }: { id: string; episodeId: string; patientId: string; to: LinkRecipient; tokenHash: Buffer },
): Promise<void> {
  await sql`
    insert into episode_link (id, episode_id, token_hash, recipient, phone_key)
    select ${id}::uuid, ${episodeId}::uuid, ${tokenHash}, ${String(to)}, numbered.key
    from (select ${to === 'patient' ? sql`phone_key` : sql`phone_key(contacts -> ${to}::integer ->> 'phone')`} as key
      from patient where id = ${patientId}) as numbered
    where numbered.key is not null`.execute(trx);
}

/** In the commit that ends it: the number that it went to is not that of whom it was meant for, and nobody calls it or writes to it any more. */
export async function noteNumberOfLink(trx: Trx, linkId: string): Promise<void> {
  const { rows } = await sql<{ id: string }>`
    select message.id from message join episode_link on episode_link.id = ${linkId}::uuid
    where message.pathway_id = episode_link.episode_id and message.template = 'discharge-link' and message.parameters ->> 'linkId' = ${linkId}`.execute(
    trx,
  );
  for (const { id } of rows) await noteWrongNumber(trx, id);
}

export interface LinkRow {
  id: string;
  episodeId: string;
  to: LinkRecipient;
  birthYear: number;
  /** The name of the patient. */
  name: string;
  clockOffsetMs: number;
}

/** Undefined also for a link that is over by what its row says; whether the episode still has it is the state's to say. */
export async function findLinkByHash(db: Database, tokenHash: Buffer): Promise<LinkRow | undefined> {
  const { rows } = await sql<Omit<LinkRow, 'to'> & { recipient: string }>`
    select episode_link.id, episode_id as "episodeId", recipient, extract(year from birth_date)::integer as "birthYear", patient.name,
      pathway.clock_offset_ms::float8 as "clockOffsetMs"
    from episode_link join episode on episode.id = episode_id join patient on patient.id = episode.patient_id join pathway on pathway.id = episode.id
    where token_hash = ${tokenHash} and ${linkHolds}`.execute(db);
  const [row] = rows;
  if (!row) return undefined;
  const { recipient, ...link } = row;
  return { ...link, to: recipient === 'patient' ? recipient : Number(recipient) };
}

const HOUR_MS = 3_600_000;
/** So long a code may be used. */
const CODE_MS = 10 * 60_000;
/** So many codes somebody may ask for. A text message costs money, and each code is another guess. */
const codesWithin = [
  { ms: HOUR_MS, codes: 3 },
  { ms: 24 * HOUR_MS, codes: 10 },
];

export type CodeAsked = { codeId: string } | { againInMs: number };

/** Makes a code and queues the message that brings it. What was asked for before is of no use any more. */
export async function askForCode(
  db: Database,
  { id: linkId, episodeId, to }: LinkRow,
  { codeId, at, actor }: { codeId: string; at: number; actor: ActingFor },
): Promise<CodeAsked> {
  return inTransaction(db, actor, async (trx) => {
    await lockLink(trx, linkId);
    const earlier = await trx
      .selectFrom('link_code')
      .select('asked_at')
      .where('link_id', '=', linkId)
      .where('asked_at', '>', new Date(at - 24 * HOUR_MS))
      .orderBy('asked_at', 'desc')
      .execute();
    for (const { ms, codes } of codesWithin) {
      const oldest = earlier[codes - 1]?.asked_at.getTime();
      if (oldest !== undefined && oldest > at - ms) return { againInMs: oldest + ms - at };
    }
    await trx.updateTable('link_code').set({ ended: 'replaced' }).where('link_id', '=', linkId).where('ended', 'is', null).execute();
    await trx
      .insertInto('link_code')
      .values({ id: codeId, link_id: linkId, asked_at: new Date(at), ended: null })
      .execute();
    await queueCode(trx, { codeId, linkId, episodeId, to, usefulUntil: at + CODE_MS });
    return { codeId };
  });
}

async function queueCode(
  trx: Trx,
  code: { codeId: string; linkId: string; episodeId: string; to: LinkRecipient; usefulUntil: number },
): Promise<void> {
  const { codeId, linkId, episodeId, to, usefulUntil } = code;
  const [type, id] =
    to === 'patient'
      ? [sql`'patient'`, sql`patient.id`]
      : [sql`'contact'`, sql`coalesce(contacts -> ${to}::integer ->> 'id', 'contact-' || ${to + 1}::integer)`];
  const parameters = sql`jsonb_build_object('linkId', ${linkId}::text, 'codeId', ${codeId}::text, 'patientId', patient.id, 'usefulUntil', ${usefulUntil}::float8)`;
  await sql`
    insert into message (key, pathway_id, template, parameters, recipient_type, recipient_id, channel, next_attempt_at)
    select ${`${episodeId}:code-${codeId}:discharge-link-code:sms`}, ${episodeId}::uuid, 'discharge-link-code', ${parameters}, ${type}, ${id}, 'sms', now()
    from episode join patient on patient.id = episode.patient_id where episode.id = ${episodeId}::uuid`.execute(trx);
}

/** Whoever tries codes side by side is counted one after the other. Resolves with how often the link was tried in vain; undefined when too often. */
async function lockLink(trx: Trx, linkId: string): Promise<number | undefined> {
  const link = await trx
    .selectFrom('episode_link')
    .select(['wrong_attempts', 'voided_at'])
    .where('id', '=', linkId)
    .forUpdate()
    .executeTakeFirst();
  return link && link.voided_at === null ? link.wrong_attempts : undefined;
}

/** The last of so many wrong tries voids the code, or the link. */
const WRONG_FOR_CODE = 5;
const WRONG_FOR_LINK = 20;

export interface CodeTry {
  actor: ActingFor;
  linkId: string;
  at: number;
  sessionHash: Buffer;
  expiresAt: number;
  /** Whether what was given is right, by the id of the code. */
  isRight(codeId: string): boolean;
}

/** True when the session has begun; the code is used then. Everything else counts as a wrong try. */
export async function tryCode(db: Database, { actor, linkId, at, sessionHash, expiresAt, isRight }: CodeTry): Promise<boolean> {
  return inTransaction(db, actor, async (trx) => {
    const wrongBefore = await lockLink(trx, linkId);
    if (wrongBefore === undefined) return false;
    const code = await trx
      .selectFrom('link_code')
      .select(['id', 'wrong_attempts'])
      .where('link_id', '=', linkId)
      .where('ended', 'is', null)
      .where('asked_at', '>', new Date(at - CODE_MS))
      .executeTakeFirst();
    if (code && isRight(code.id)) {
      await trx.updateTable('link_code').set({ ended: 'used' }).where('id', '=', code.id).execute();
      await trx.deleteFrom('link_session').where('link_id', '=', linkId).where('expires_at', '<=', new Date(at)).execute();
      await trx
        .insertInto('link_session')
        .values({ session_hash: sessionHash, link_id: linkId, expires_at: new Date(expiresAt) })
        .execute();
      return true;
    }
    if (code)
      await trx
        .updateTable('link_code')
        .set({ wrong_attempts: code.wrong_attempts + 1, ended: code.wrong_attempts + 1 >= WRONG_FOR_CODE ? 'void' : null })
        .where('id', '=', code.id)
        .execute();
    await trx
      .updateTable('episode_link')
      .set({ wrong_attempts: wrongBefore + 1, ...(wrongBefore + 1 >= WRONG_FOR_LINK ? { voided_at: sql<Date>`now()` } : {}) })
      .where('id', '=', linkId)
      .execute();
    return false;
  });
}

export async function isSessionOfLink(db: Database, linkId: string, sessionHash: Buffer, at: number): Promise<boolean> {
  const row = await db
    .selectFrom('link_session')
    .select('link_id')
    .where('session_hash', '=', sessionHash)
    .where('link_id', '=', linkId)
    .where('expires_at', '>', new Date(at))
    .executeTakeFirst();
  return row !== undefined;
}

/** A minute of the wall clock, in which an address may call so often. */
const CALLS_PER_MINUTE = 30;
const MINUTE_SECONDS = 60;

/** Counts a call. Resolves with the seconds after which there is room again; 0 when there is. */
export async function countLinkCall(db: Database, addressHash: Buffer): Promise<number> {
  const isOver = sql`link_caller.since <= now() - ${MINUTE_SECONDS} * interval '1 second'`;
  const { rows } = await sql<{ calls: number; waitSeconds: number }>`
    insert into link_caller (address_hash, since, calls) values (${addressHash}, now(), 1)
    on conflict (address_hash) do update set
      calls = case when ${isOver} then 1 else link_caller.calls + 1 end,
      since = case when ${isOver} then now() else link_caller.since end
    returning calls, ceil(extract(epoch from since + ${MINUTE_SECONDS} * interval '1 second' - now()))::integer as "waitSeconds"`.execute(
    db,
  );
  const [counted] = rows;
  if (!counted || counted.calls <= CALLS_PER_MINUTE) return 0;
  await sql`delete from link_caller where since < now() - interval '1 hour'`.execute(db);
  return Math.max(1, counted.waitSeconds);
}
