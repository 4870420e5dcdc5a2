/** The rules, templates and scores of discharge in their versions: what is published stays as it is for ever, as a protocol does. */
import { type Kysely, sql } from 'kysely';

const statements = [
  // created_by is null for a version that came with the program
  `create table discharge_document (
    id text not null check (id in ('discharge-rules', 'discharge-templates', 'risk-scores')),
    version integer not null check (version >= 1),
    status text not null default 'draft' check (status in ('draft', 'published', 'retired')),
    document jsonb not null check (document ->> 'id' = id and (document ->> 'version')::integer = version),
    created_at timestamptz not null default now(),
    created_by jsonb,
    published_at timestamptz,
    retired_at timestamptz,
    primary key (id, version),
    check ((status = 'draft') = (published_at is null)),
    check ((status = 'retired') = (retired_at is not null))
  )`,
  `create trigger discharge_document_published_stays before update or delete on discharge_document
    for each row execute function protect_published_protocol()`,
  `create trigger discharge_document_never_emptied before truncate on discharge_document for each statement execute function refuse_change()`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
