/** Versions of the alliance configuration that somebody proposes and another one publishes. */
import { sql } from 'kysely';
import type { Database } from '../kit/database.ts';
import type { Trx } from '../kit/transaction.ts';

export interface ConfigurationDraft {
  version: number;
  basedOn: number;
  configuration: unknown;
  note: string;
  writtenBy: string;
  publishedAt: Date | null;
}

/** The number is the next one of all versions, drafts among them. Two who write at once take turns. */
export async function storeDraft(
  trx: Trx,
  { configuration, basedOn, note, writtenBy }: Pick<ConfigurationDraft, 'basedOn' | 'note' | 'writtenBy'> & { configuration: object },
): Promise<number> {
  await sql`select pg_advisory_xact_lock(hashtext('carepath configuration drafts'))`.execute(trx);
  const { rows } = await sql<{ version: number }>`
    insert into configuration_draft (version, based_on, configuration, note, written_by)
    select greatest((select coalesce(max(version), 0) from alliance_configuration), (select coalesce(max(version), 0) from configuration_draft)) + 1,
      ${basedOn}, ${JSON.stringify(configuration)}::jsonb, ${note}, ${writtenBy}
    returning version`.execute(trx);
  return (rows[0] as { version: number }).version;
}

const columns = [
  'version',
  'based_on as basedOn',
  'configuration',
  'note',
  'written_by as writtenBy',
  'published_at as publishedAt',
] as const;

export async function findDraft(db: Database, version: number): Promise<ConfigurationDraft | undefined> {
  return db.selectFrom('configuration_draft').select(columns).where('version', '=', version).executeTakeFirst();
}

/** Of two who publish one draft at once the second waits here. */
export async function lockDraft(trx: Trx, version: number): Promise<ConfigurationDraft> {
  return trx.selectFrom('configuration_draft').select(columns).where('version', '=', version).forUpdate().executeTakeFirstOrThrow();
}

export async function noteDraftPublished(trx: Trx, version: number, publishedBy: string, now: Date): Promise<void> {
  await trx
    .updateTable('configuration_draft')
    .set({ published_by: publishedBy, published_at: now })
    .where('version', '=', version)
    .execute();
}

/** How many pathways are open that go on with what they began with, by kind. */
export async function countOpenPathways(db: Database): Promise<Record<string, number>> {
  const rows = await db
    .selectFrom('pathway')
    .select(['kind', (eb) => eb.fn.countAll<string>().as('count')])
    .where('status', '=', 'open')
    .groupBy('kind')
    .orderBy('kind')
    .execute();
  return Object.fromEntries(rows.map(({ kind, count }) => [kind, Number(count)]));
}

export interface ListedVersion {
  version: number;
  basedOn: number | null;
  note: string | null;
  writtenBy: string | null;
  publishedAt: Date | null;
}

/** Newest first. `before`: the version of the last item of the page before. */
export async function listConfigurationVersions(
  db: Database,
  { limit, before }: { limit: number; before: number | undefined },
): Promise<{ items: ListedVersion[]; next: number | null }> {
  const { rows } = await sql<ListedVersion>`
    select version, draft.based_on as "basedOn", draft.note, draft.written_by as "writtenBy", recorded.recorded_at as "publishedAt"
    from alliance_configuration as recorded full join configuration_draft as draft using (version)
    where version < ${before ?? 2_147_483_647}::integer
    order by version desc limit ${limit + 1}`.execute(db);
  return { items: rows.slice(0, limit), next: rows.length > limit ? (rows[limit - 1]?.version ?? null) : null };
}
