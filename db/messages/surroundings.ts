/**
 * What stands around a message to a resident when its text is made: their centre, the institution that it is about, and the text that the alliance has
 * published. One column of whatever statement reads the message, because messages carry ids and no names.
 */
import { type RawBuilder, sql } from 'kysely';
import type { Words } from '../../domain/kit/language.ts';
import type { Place } from '../../domain/messages/resident-text.ts';
import type { Surroundings } from '../../domain/messages/templates.ts';
import type { Database } from '../kit/database.ts';
import { residentOfMessage } from '../kit/resident-of-message.ts';

export interface StoredSurroundings {
  centre: Place | null;
  place: Place | null;
  published: PublishedText | null;
  /** Of a message that has parts: those that are still meant, in the order in which they were written. Null of any other message. */
  parts: StoredPartText[] | null;
}

interface PublishedText {
  version: number;
  texts: Words;
}

interface StoredPartText {
  id: string;
  template: string;
  kind: string | null;
  parameters: Record<string, string | number | boolean | null>;
  place: Place | null;
  published: PublishedText | null;
}

/** The version of a text that comes with the program. */
export const SHIPPED_VERSION = 1;

export const toSurroundings = ({ centre, place, published, parts }: StoredSurroundings, now?: number): Surroundings => ({
  centre,
  place,
  published: published?.texts,
  now,
  parts: parts?.map(({ id: _, ...part }) => ({ ...part, published: part.published?.texts })),
});

export const versionIn = ({ published }: Pick<StoredSurroundings, 'published'>): number => published?.version ?? SHIPPED_VERSION;

/** The version of the text of each part, by its id; empty for a message without parts. */
export const partVersionsIn = ({ parts }: StoredSurroundings): Record<string, number> =>
  Object.fromEntries((parts ?? []).map((part) => [part.id, versionIn(part)]));

const placeOf = (institutionId: RawBuilder<unknown>): RawBuilder<unknown> => sql`(
  select json_build_object('name', json_build_object('zh', name_zh, 'en', name_en), 'telephone', telephone,
    'address', case when address_zh is not null then json_build_object('zh', address_zh, 'en', coalesce(address_en, address_zh)) end)
  from institution where institution.id = ${institutionId})`;

/** Institutions as texts name them, by their ids. */
export async function loadPlaces(db: Database, ids: readonly string[]): Promise<ReadonlyMap<string, Place>> {
  const { rows } = await sql<{ id: string; place: Place }>`
    select id, ${placeOf(sql`named.id`)} as place from unnest(${[...new Set(ids)]}::text[]) as named(id)`.execute(db);
  return new Map(rows.map(({ id, place }) => [id, place]));
}

/** The names are those of columns, or values. */
export interface SurroundingsSource {
  centreId: RawBuilder<unknown>;
  placeId: RawBuilder<unknown>;
  template: RawBuilder<unknown>;
  /** The version that a message went by; null for one that has yet to go, which takes what was published last. */
  version: RawBuilder<unknown>;
  /** The message, which may have parts; null where that cannot be. */
  messageId: RawBuilder<unknown>;
}

const publishedOf = (template: RawBuilder<unknown>, version: RawBuilder<unknown>): RawBuilder<unknown> => sql`(
  select json_build_object('version', published.version, 'texts', published.texts) from message_template_version as published
  where published.template = ${template} and published.published_at is not null and published.version = coalesce(${version}, published.version)
  order by published.published_at desc limit 1)`;

/** Stored parameters call the pathway that a message is about `referralId`, whatever its kind. */
const partsOf = (messageId: RawBuilder<unknown>): RawBuilder<unknown> => sql`(
  select json_agg(json_build_object('id', part.id, 'template', part.template, 'kind', part_pathway.kind,
    'parameters', jsonb_build_object('referralId', part.pathway_id) || part.parameters, 'place', ${placeOf(sql`part.parameters ->> 'placeId'`)},
    'published', ${publishedOf(sql`part.template`, sql`part.template_version`)}) order by part.created_at, part.id)
  from message as part left join pathway as part_pathway on part_pathway.id = part.pathway_id
  where part.bundle_id = ${messageId} and part.status <> 'withdrawn')`;

export const surroundingsColumn = ({
  centreId,
  placeId,
  template,
  version,
  messageId,
}: SurroundingsSource): RawBuilder<StoredSurroundings> =>
  sql<StoredSurroundings>`json_build_object('centre', ${placeOf(centreId)}, 'place', ${placeOf(placeId)}, 'published', ${publishedOf(template, version)},
    'parts', ${partsOf(messageId)})`;

/** Of a statement that joins a message with its patient. */
export const messageSurroundings = surroundingsColumn({
  centreId: sql`patient.home_institution_id`,
  placeId: sql`message.parameters ->> 'placeId'`,
  template: sql`message.template`,
  version: sql`message.template_version`,
  messageId: sql`message.id`,
});

/** By the ids of messages to patients. */
export async function loadSurroundings(db: Database, messageIds: readonly string[]): Promise<ReadonlyMap<string, StoredSurroundings>> {
  if (messageIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('message')
    .innerJoin('patient', (join) => join.on('patient.id', '=', residentOfMessage))
    .select(['message.id', messageSurroundings.as('surroundings')])
    .where('message.id', '=', sql<string>`any(${[...new Set(messageIds)]}::uuid[])`)
    .execute();
  return new Map(rows.map(({ id, surroundings }) => [id, surroundings]));
}

export interface AddressedText {
  /** patient, or a member of staff or a team. */
  type: string;
  id: string;
  template: string;
  parameters: Readonly<Record<string, unknown>>;
}

/** Adds to each message to a patient what its text is made of. For messages that have no row yet, or of which only their contents are known. */
export async function withSurroundings<Message extends AddressedText>(
  db: Database,
  messages: readonly Message[],
): Promise<(Message & { surroundings?: StoredSurroundings | undefined })[]> {
  return Promise.all(
    messages.map(async (message) => {
      if (message.type !== 'patient') return message;
      const { placeId } = message.parameters;
      const surroundings = surroundingsColumn({
        centreId: sql`patient.home_institution_id`,
        placeId: sql`${typeof placeId === 'string' ? placeId : null}::text`,
        template: sql`${message.template}::text`,
        version: sql`null::integer`,
        messageId: sql`null::uuid`,
      });
      const row = await db.selectFrom('patient').select(surroundings.as('surroundings')).where('id', '=', message.id).executeTakeFirst();
      return { ...message, surroundings: row?.surroundings };
    }),
  );
}
