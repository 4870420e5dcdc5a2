/** The texts that the alliance has written in place of the shipped ones: every version with who wrote it and who published it. */
import { sql } from 'kysely';
import type { Words } from '../../domain/kit/language.ts';
import type { Database } from '../kit/database.ts';
import type { Trx } from '../kit/transaction.ts';
import { SHIPPED_VERSION } from './surroundings.ts';

export interface TemplateVersion {
  template: string;
  version: number;
  texts: Words;
  writtenBy: string;
}

/** The version of each template that goes out; a template that is missing goes out as it was shipped. */
export async function listPublishedTexts(db: Database): Promise<ReadonlyMap<string, { version: number; texts: Words }>> {
  const rows = await db
    .selectFrom('message_template_version')
    .select(['template', 'version', 'texts'])
    .distinctOn('template')
    .where('published_at', 'is not', null)
    .orderBy('template')
    .orderBy('published_at', 'desc')
    .execute();
  return new Map(rows.map(({ template, ...published }) => [template, published]));
}

/** Resolves with the number of the new version. Two writers at once get two numbers. */
export async function createTemplateVersion(trx: Trx, { template, texts, writtenBy }: Omit<TemplateVersion, 'version'>): Promise<number> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`carepath message template ${template}`}, 0))`.execute(trx);
  const { version } = await trx
    .insertInto('message_template_version')
    .values((eb) => ({
      template,
      version: eb
        .selectFrom('message_template_version')
        .select((sub) => sub(sub.fn.coalesce(sub.fn.max('version'), sql<number>`${SHIPPED_VERSION}::integer`), '+', 1).as('next'))
        .where('template', '=', template),
      texts: JSON.stringify(texts),
      written_by: writtenBy,
    }))
    .returning('version')
    .executeTakeFirstOrThrow();
  return version;
}

/** Locked until the transaction ends. */
export async function lockTemplateVersion(trx: Trx, template: string, version: number): Promise<TemplateVersion | undefined> {
  return trx
    .selectFrom('message_template_version')
    .select(['template', 'version', 'texts', 'written_by as writtenBy'])
    .where('template', '=', template)
    .where('version', '=', version)
    .forUpdate()
    .executeTakeFirst();
}

/** From now on this version goes out. Publishing an older version again takes back what came after it. */
export async function publishTemplateVersion(trx: Trx, { template, version }: TemplateVersion, publishedBy: string): Promise<void> {
  await trx
    .updateTable('message_template_version')
    .set({ published_by: publishedBy, published_at: sql<Date>`clock_timestamp()` })
    .where('template', '=', template)
    .where('version', '=', version)
    .execute();
}

/** The names that this alliance's departments and staff have, for the linter. */
export async function listOwnNames(db: Database): Promise<{ departments: string[]; people: string[] }> {
  const [departments, people] = await Promise.all([
    db.selectFrom('department').select(['name_zh', 'name_en']).distinct().execute(),
    db.selectFrom('person').select('name').distinct().where('active', '=', true).execute(),
  ]);
  return { departments: departments.flatMap(({ name_zh, name_en }) => [name_zh, name_en]), people: people.map(({ name }) => name) };
}
