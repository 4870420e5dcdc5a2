/** What a resident's record says and what was changed of it; how names and telephones are compared; reported deaths and proposed mergers. */
import { type Kysely, sql } from 'kysely';

/** What people write between the characters of a name or a number and what nobody sees: spaces, invisible marks, dots, hyphens, brackets. */
const marks = [
  ' \t\r\n',
  '\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufeff',
  '.·•・‧∙⋅',
  '-‐‑‒–—―−',
  '()[]',
].join('');

const statements = [
  // Old code writes names and telephones without knowing of the keys, so the database makes them. normalize is immutable for a database in UTF-8.
  `create function name_key(name text) returns text language sql immutable strict parallel safe as $$
    select translate(lower(normalize(name, NFKC)), '${marks}', '') $$`,
  // The same as phoneKeyOf of domain/residents/telephone.ts.
  `create function phone_key(phone text) returns text language sql immutable strict parallel safe as $$
    select case when national = bare or national ~ '^(0|1[3-9][0-9]{9}$)' then national else '0' || national end
    from (select bare, regexp_replace(bare, '^(\\+86|0086|86(?=1[3-9][0-9]{9}$))', '') as national
      from (select translate(normalize(phone, NFKC), '${marks}/', '') as bare) as narrow) as numbers $$`,
  // A generated column rewrites the table once, some seconds for a million residents; nothing has to be filled in afterwards.
  `alter table patient
    add column name_key text not null generated always as (name_key(name)) stored,
    add column phone_key text generated always as (phone_key(phone)) stored,
    add column identity_number text,
    -- The 18 characters that the number means; one of 15 digits has the key of its 18.
    add column identity_key text check ((identity_key is null) = (identity_number is null)),
    -- The key of a number that somebody else has answered: while the telephone has this key nobody calls it or writes to it.
    add column wrong_phone_key text,
    add column address text check (address <> ''),
    add column allergies jsonb not null default '[]' check (jsonb_typeof(allergies) = 'array')`,
  // The old indexes stay for code of before, which searches the name and the telephone as written.
  `create index patient_by_name_key_part on patient using gin (name_parts(name_key)) with (fastupdate = off)`,
  `create index patient_by_phone_key_end on patient (reverse(phone_key) text_pattern_ops)`,
  `create unique index patient_identity on patient (identity_key)`,
  `create index patient_born on patient (birth_date, sex)`,

  `create table patient_change (
    id uuid primary key,
    patient_id text not null references patient,
    at timestamptz not null default now(),
    -- {personId, institutionId, role}
    actor jsonb not null,
    field text not null,
    before jsonb,
    after jsonb,
    reason text not null check (reason <> '')
  )`,
  `create index patient_change_of_patient on patient_change (patient_id, id)`,

  // Which pathways a merger has moved is known from its fact; the row says where it stands.
  `create table merger (
    id uuid primary key,
    patient_id text not null references patient,
    into_id text not null references patient check (into_id <> patient_id),
    institution_id text not null references institution,
    state text not null check (state in ('proposed', 'merged', 'rejected', 'retracting', 'retracted')),
    reason text not null check (reason <> ''),
    proposed_by jsonb not null,
    proposed_at timestamptz not null default now(),
    -- The fact that has merged the records; null until then.
    fact_id uuid references fact,
    merged_at timestamptz
  )`,
  `create unique index merger_one_open on merger (patient_id) where state in ('proposed', 'merged', 'retracting')`,
  `create index merger_of_state on merger (state, id)`,

  // A question that a second look has to answer; its id is also the id of its pathway, which keeps the time.
  `create table identity_check (
    id uuid primary key,
    kind text not null check (kind in ('death', 'death-retraction', 'merger', 'merger-retraction')),
    patient_id text not null references patient,
    merger_id uuid references merger check ((merger_id is not null) = (kind in ('merger', 'merger-retraction'))),
    institution_id text not null references institution,
    status text not null default 'open' check (status in ('open', 'confirmed', 'rejected')),
    opened_by jsonb not null,
    opened_at timestamptz not null default now(),
    -- Of a death: the date as it was told; null where nobody knew it.
    stated_on date,
    reason text not null check (reason <> ''),
    decided_by jsonb,
    decided_at timestamptz,
    -- {diedOn, cause, evidence} of a confirmed death, {reason} of a refutation.
    decision jsonb,
    check ((status = 'open') = (decided_at is null))
  )`,
  `create unique index identity_check_one_open on identity_check (patient_id, kind) where status = 'open' and kind in ('death', 'death-retraction')`,
  `create unique index identity_check_of_merger on identity_check (merger_id, kind) where status = 'open'`,
  `create index identity_check_of_patient on identity_check (patient_id, kind, id)`,

  // A task that would send somebody to a resident who is said to have died, or who has died, rests from its opening on. Emergencies stay on the lists.
  `create function asks_resident(name text) returns boolean language sql immutable parallel safe as $$
    select name in ('call-patient', 'deliver-letter', 'follow-up-visit', 'follow-up-home-visit', 'first-follow-up', 'home-visit') $$`,
  `create function hold_task_of_reported_death() returns trigger language plpgsql as $$ begin
    if new.patient_id is not null and not new.emergency and asks_resident(new.name) and exists (
      select from records_of_resident(new.patient_id) as record
        join identity_check on identity_check.patient_id = record.id and identity_check.kind = 'death' and identity_check.status = 'open'
    ) then new.held_since := now(); end if;
    return new;
  end $$`,
  `create trigger task_held_on_opening before insert on task for each row execute function hold_task_of_reported_death()`,

  // The answer to a check closes its task; the pathway, which hears of it a moment later, must not open it again in between.
  `create function keep_task_of_answered_check() returns trigger language plpgsql as $$ begin
    if exists (select from identity_check where id = new.pathway_id and status <> 'open') then return old; end if;
    return new;
  end $$`,
  `create trigger task_of_answered_check before update on task for each row
    when (new.pathway_kind = 'identity-check' and new.status = 'open' and old.status <> 'open') execute function keep_task_of_answered_check()`,

  // A fact that was taken back stays and has no effect any more.
  `alter table fact drop constraint fact_status_check, add constraint fact_status_check check (status in ('recorded', 'held', 'dismissed', 'retracted'))`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
