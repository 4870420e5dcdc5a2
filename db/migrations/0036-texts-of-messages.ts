/** Where an institution is and how it is called, the versions of texts that the alliance writes, and by which version a message went. */
import { type Kysely, sql } from 'kysely';

const statements = [
  // Without these a text says less: older code and an alliance that has not told them yet leave them empty.
  `alter table institution add column address_zh text, add column address_en text, add column telephone text`,

  // Version 1 of each text comes with the program and is not here, so that a new release may correct it.
  `create table message_template_version (
    template text not null,
    version integer not null check (version > 1),
    texts jsonb not null check (texts ?& array['zh', 'en']),
    written_by text not null references person,
    written_at timestamptz not null default now(),
    published_by text references person,
    published_at timestamptz,
    primary key (template, version),
    check ((published_by is null) = (published_at is null)),
    check (published_by <> written_by)
  )`,
  // The text that goes is the one that was published last.
  `create index message_template_published on message_template_version (template, published_at) where published_at is not null`,

  // The version of the text that was sent; null for messages of older code, and for those to staff.
  `alter table message add column template_version integer`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
