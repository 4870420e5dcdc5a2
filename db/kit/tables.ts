/** The tables of every pathway: its commands, decisions, timeline and tasks, the facts that it hears, and the audit. */
import type { ColumnType, Generated, GeneratedAlways } from 'kysely';
import type { FactType } from '../../domain/kit/registry.ts';
import type { Defaulted, Instant, Json } from './columns.ts';

export interface CommandTable {
  id: string;
  account_id: string;
  idempotency_key: string;
  request_hash: Buffer;
  operation: string;
  request_id: string;
  pathway_id: string | null;
  pathway_kind: string | null;
  name: string | null;
  actor: Json<unknown>;
  /** Ids, codes and instants, which the workflow gets. */
  input: ColumnType<unknown, string | null, string | null>;
  /** Free text, which the workflow never gets. */
  texts: ColumnType<Record<string, unknown> | null, string | null, string | null>;
  /** The version that the caller insisted on with If-Match. */
  if_version: number | null;
  created_at: Generated<Date>;
  outcome: ColumnType<unknown, string | null | undefined, string | null>;
  decided_at: Instant | null;
  acked_at: Instant | null;
  relay_at: Instant | null;
  relay_attempts: Defaulted<number>;
  response_status: number | null;
  response_body: ColumnType<unknown, string | null | undefined, string | null>;
}

export interface PathwayTable {
  id: string;
  kind: string;
  version: Defaulted<number>;
  state: ColumnType<unknown, string | null | undefined, string>;
  status: Defaulted<'open' | 'ended'>;
  institution_id: string | null;
  patient_id: string | null;
  next_due_at: Instant | null;
  /** The instant on the pathway's own clock since which the person who has to act now is late. */
  overdue_at: Instant | null;
  clock_offset_ms: Defaulted<string>;
  created_at: Generated<Date>;
  ended_at: Instant | null;
}

export interface DecisionTable {
  pathway_id: string;
  version: number;
  key: string;
  event: Json<unknown>;
  decision: Json<unknown>;
  happened_at: Instant;
  recorded_at: Generated<Date>;
}

/** What pathways decide by, under a name that follows from the content. */
export interface DocumentTable {
  name: string;
  content: Json<unknown>;
  stored_at: Generated<Date>;
}

export interface TimelineTable {
  pathway_id: string;
  seq: number;
  version: number;
  happened_at: Instant;
  recorded_at: Generated<Date>;
  actor: Json<unknown>;
  event: string;
  from_status: string | null;
  to_status: string | null;
  because: Json<unknown>;
  note: string | null;
}

export interface AuditTable {
  id: Generated<string>;
  recorded_at: Generated<Date>;
  happened_at: Instant;
  actor: Json<unknown>;
  institution_id: string | null;
  action: string;
  target_type: string;
  target_id: string | null;
  patient_id: string | null;
  /** The patients of a read that showed more than one; then `patient_id` is null. */
  patient_ids: Defaulted<string[] | null>;
  outcome: 'done' | 'refused' | 'denied';
  code: string | null;
  request_id: string | null;
  /** Why somebody looked, where they have to say so. */
  reason: Defaulted<string | null>;
  /** Of no use any more: hashes stand in `audit_seal`. */
  previous_hash: Buffer | null;
  chain_hash: Buffer | null;
}

/** A role that was called about a task; in all departments where `departmentId` is null. Tasks of before have neither place. */
export interface TaskEscalation {
  role: string;
  at: string;
  institutionId?: string | null;
  departmentId?: string | null;
}

/** An index of TaskTable.escalated_to, written by the database: one row for each role that was called about an open task. */
export interface TaskEscalationTable {
  id: string;
  /** '' is the alliance. */
  institution_id: string;
  department_id: string | null;
  role: string;
  name: string;
  emergency: boolean;
  running_budget_ms: string;
  clock_offset_ms: string;
  due_at: Instant | null;
  paused_share_negated: string | null;
}

export interface TaskTable {
  id: string;
  pathway_id: string;
  name: string;
  role: string;
  institution_id: string;
  department_id: string | null;
  patient_id: string | null;
  owner_id: string | null;
  claimed_at: Instant | null;
  status: Defaulted<'open' | 'done' | 'withdrawn'>;
  urgency: string;
  emergency: Defaulted<boolean>;
  /** Shape: SlaClock of domain/time/sla-clock.ts */
  clock: Json<unknown>;
  opened_at: Instant;
  due_at: Instant | null;
  /** Written by the database, as are the next three: what the worklist orders by. */
  pathway_kind: Generated<string>;
  /** How far the pathway's own clock is ahead of the wall clock. */
  clock_offset_ms: Generated<string>;
  /** 0 while the clock is paused */
  running_budget_ms: GeneratedAlways<string>;
  /** Null while the clock runs. */
  paused_share_negated: GeneratedAlways<string | null>;
  closed_at: Instant | null;
  closed_by: string | null;
  version: Defaulted<number>;
  /** The message of a call or a letter; null for a task of the pathway itself. */
  message_id: string | null;
  /** The HL7 v2 message that another system does not take; null for every other task. */
  delivery_seq: Generated<string | null>;
  outcome: string | null;
  note: string | null;
  /** What the task is about, in codes and numbers. */
  about: ColumnType<Record<string, unknown> | null, string | null | undefined, string | null>;
  /** The roles that an escalation has reached, in order. An institution of null is the alliance, whose office has none. */
  escalated_to: ColumnType<TaskEscalation[], string | undefined, string>;
  /** Since when the task is on no worklist because its patient's death has been reported; null for a task that does not rest. */
  held_since: ColumnType<Date | null, Date | null | undefined, Date | null>;
}

export interface FactTable {
  id: string;
  source: string;
  message_id: string;
  type: FactType;
  occurred_at: Instant;
  recorded_at: Generated<Date>;
  sender_id: string;
  sender_institution_id: string;
  /** The patient as the sender names them: by an id of this directory, or by an id of the sender's own system. */
  given_patient_id: string | null;
  local_id_system: string | null;
  local_id_value: string | null;
  /** The ids that belong to the type of the fact, as they were sent. */
  details: Json<Record<string, string>>;
  body_hash: Buffer;
  /** A retracted fact was taken back and has no effect any more. */
  status: 'recorded' | 'held' | 'dismissed' | 'retracted';
  /** The patient whom the fact concerns, once that is certain. */
  patient_id: string | null;
  /** What pathways get of the fact. */
  input: ColumnType<unknown, string | null | undefined, string | null>;
  /** The kind of addressee. The columns of the other two kinds are null. */
  addressee_type: Defaulted<'patient' | 'pathway' | 'subject'>;
  addressee_pathway_id: string | null;
  addressee_subject_type: string | null;
  addressee_subject_id: string | null;
}

/** Which subjects a pathway holds: of facts about them it hears. */
export interface PathwaySubjectTable {
  pathway_id: string;
  subject_type: string;
  subject_id: string;
}

export interface FactDeliveryTable {
  seq: Generated<string>;
  fact_id: string;
  pathway_id: string;
  /** The command that creates the pathway, where it was being created when the fact came. */
  creating_command_id: string | null;
  attempts: Defaulted<number>;
  next_attempt_at: Generated<Date>;
  delivered_at: Instant | null;
  settled_at: Instant | null;
}

/** What a migration has left to be filled in, and how far that has come; see db/fills.ts. */
export interface FillTable {
  name: string;
  /** The last id that is filled. */
  after: string | null;
  finished_at: Instant | null;
}

export interface KitTables {
  command: CommandTable;
  pathway: PathwayTable;
  decision: DecisionTable;
  document: DocumentTable;
  timeline: TimelineTable;
  audit: AuditTable;
  task: TaskTable;
  task_escalation: TaskEscalationTable;
  fact: FactTable;
  fact_delivery: FactDeliveryTable;
  pathway_subject: PathwaySubjectTable;
  fill: FillTable;
}
