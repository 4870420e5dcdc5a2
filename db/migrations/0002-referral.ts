/** Referrals: what lists and the resource need beside the pathway's state; free text lives here and in the command's row only. */
import { type Kysely, sql } from 'kysely';

const statements = [
  `create table referral (
    id uuid primary key references pathway,
    patient_id text not null references patient,
    direction text not null check (direction in ('up', 'down')),
    urgency text not null check (urgency in ('urgent', 'same-day', 'routine')),
    emergency boolean not null,
    status text not null,
    business_status text,
    status_reason text,
    initiator_institution_id text not null references institution,
    initiator_person_id text not null references person,
    institution_id text not null references institution,
    department_id text references department,
    reason text not null,
    summary text,
    consent jsonb,
    management_plan jsonb,
    replaces_id uuid references referral,
    override_reason text,
    information_question text,
    sent_at timestamptz,
    closed_at timestamptz,
    due_at timestamptz,
    check (initiator_institution_id <> institution_id)
  )`,
  `create index referral_sent_by on referral (initiator_institution_id, id)`,
  `create index referral_of_patient on referral (patient_id, id)`,
  `create table referral_leg (
    referral_id uuid not null references referral,
    n integer not null check (n >= 1),
    institution_id text not null references institution,
    department_id text references department,
    from_at timestamptz not null,
    to_at timestamptz,
    end_reason text,
    primary key (referral_id, n),
    unique (referral_id, institution_id),
    check ((to_at is null) = (end_reason is null))
  )`,
  `create unique index referral_one_current_leg on referral_leg (referral_id) where to_at is null`,
  // --- capacity: slots of a department ---------------------------------------
  `create table slot (
    id uuid primary key,
    institution_id text not null references institution,
    department_id text not null references department,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    reserved boolean not null,
    release_at timestamptz,
    created_at timestamptz not null default now(),
    check (ends_at > starts_at),
    check (reserved = (release_at is not null)),
    unique (department_id, starts_at, ends_at, id)
  )`,
  // One booking a slot, under any race; a referral holds one slot at a time.
  `create table slot_booking (
    slot_id uuid primary key references slot,
    referral_id uuid not null unique references referral,
    booked_at timestamptz not null
  )`,
  `create index referral_leg_of_institution on referral_leg (institution_id, referral_id)`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
