/** The tables as Kysely sees them. Instants are Dates, jsonb columns their parsed values. */
import type { ColumnType, Generated, JSONColumnType } from 'kysely';
import type { Protocol } from '../domain/follow-up/protocol.ts';
import type { RiskModel } from '../domain/follow-up/risk-tier.ts';
import type { Actor } from '../domain/kit/pathway.ts';
import type { PatientChannel, RecipientType, StaffChannel } from '../domain/messages/channels.ts';
import type { ReadingContext, ReadingKind } from '../domain/readings/reading.ts';
import type { CalendarYear } from '../domain/time/calendar.ts';

type Instant = ColumnType<Date, Date | string, Date | string>;
type Defaulted<T> = ColumnType<T, T | undefined, T>;
/** jsonb: read parsed, written as a JSON string. */
type Json<T> = ColumnType<T, string, string>;

export interface InstitutionTable {
  id: string;
  name_zh: string;
  name_en: string;
  tier: 'tertiary' | 'secondary' | 'primary' | 'support';
  kind: 'hospital' | 'community-health-centre' | 'sterile-supply-department';
}

export interface DepartmentTable {
  id: string;
  institution_id: string;
  code: string;
  name_zh: string;
  name_en: string;
  is_referral_desk: Defaulted<boolean>;
}

export interface PersonTable {
  id: string;
  username: string | null;
  password_hash: string | null;
  name: string;
  phone: string | null;
  email: string | null;
  channel: Defaulted<StaffChannel>;
  active: Defaulted<boolean>;
}

export interface PostTable {
  person_id: string;
  institution_id: string;
  department_id: string | null;
  role: string;
}

export interface TeamTable {
  id: string;
  institution_id: string;
  name: string;
  /** told once, in its group, in place of each member; null: each member */
  channel: 'wecom' | null;
}

export interface TeamMemberTable {
  team_id: string;
  person_id: string;
}

export interface PatientContact {
  name: string;
  relation: string;
  phone: string;
}

export interface PatientTable {
  id: string;
  name: string;
  /** YYYY-MM-DD */
  birth_date: string;
  sex: 'male' | 'female' | 'other' | 'unknown';
  home_institution_id: string;
  team_id: string | null;
  phone: string | null;
  contacts: JSONColumnType<PatientContact[]>;
  channel: Defaulted<PatientChannel>;
  deceased_at: Instant | null;
  /** the record of the same person that is kept up */
  merged_into_id: string | null;
  version: Defaulted<number>;
  created_at: Generated<Date>;
}

export interface PatientLocalIdTable {
  system: string;
  value: string;
  patient_id: string;
}

export interface AllianceConfigurationTable {
  version: number;
  /** Shape: AllianceConfiguration of domain/alliance/configuration.ts */
  configuration: Json<unknown>;
  recorded_at: Generated<Date>;
}

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
  /** ids, codes and instants: what the workflow gets */
  input: ColumnType<unknown, string | null, string | null>;
  /** free text: what the workflow never gets */
  texts: ColumnType<Record<string, unknown> | null, string | null, string | null>;
  /** the version the caller insisted on */
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
  /** since when the person who has to act now is late, on the pathway's own clock */
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
  outcome: 'done' | 'refused' | 'denied';
  code: string | null;
  request_id: string | null;
  previous_hash: Buffer | null;
  chain_hash: Buffer | null;
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
  closed_at: Instant | null;
  closed_by: string | null;
  version: Defaulted<number>;
  /** of a call or a letter; null: the pathway's own task */
  message_id: string | null;
  outcome: string | null;
  note: string | null;
}

export interface MessageTable {
  id: Generated<string>;
  key: string;
  pathway_id: string | null;
  template: string;
  parameters: Json<Record<string, string | number | boolean | null>>;
  recipient_type: RecipientType;
  recipient_id: string;
  /** by which it goes next or went; the key keeps the one it began with */
  channel: string;
  status: Defaulted<'waiting' | 'in-hand' | 'sent' | 'undeliverable' | 'withdrawn'>;
  attempts: Defaulted<number>;
  next_attempt_at: Generated<Date>;
  created_at: Generated<Date>;
  sent_at: Instant | null;
  /** what made it wait until next_attempt_at, unless that was a failure */
  waits_for: 'quiet-hours' | 'daily-cap' | 'confirmation' | null;
  withdrawn_because: string | null;
  seen_version: number | null;
}

export interface MessageAttemptTable {
  message_id: string;
  attempt: number;
  channel: Defaulted<string>;
  started_at: Instant;
  finished_at: Instant | null;
  result: 'sent' | 'failed' | 'unknown' | 'undeliverable' | 'withdrawn' | null;
  detail: string | null;
}

export interface ReferralTable {
  id: string;
  patient_id: string;
  direction: 'up' | 'down';
  urgency: 'urgent' | 'same-day' | 'routine';
  emergency: boolean;
  status: string;
  business_status: string | null;
  status_reason: string | null;
  initiator_institution_id: string;
  initiator_person_id: string;
  institution_id: string;
  department_id: string | null;
  reason: string;
  summary: string | null;
  consent: ColumnType<unknown, string | null, string | null>;
  management_plan: ColumnType<unknown, string | null, string | null>;
  replaces_id: string | null;
  override_reason: string | null;
  information_question: string | null;
  sent_at: Instant | null;
  closed_at: Instant | null;
  due_at: Instant | null;
}

export interface ReferralLegTable {
  referral_id: string;
  n: number;
  institution_id: string;
  department_id: string | null;
  from_at: Instant;
  to_at: Instant | null;
  end_reason: string | null;
}

export interface SlotTable {
  id: string;
  institution_id: string;
  department_id: string;
  starts_at: Instant;
  ends_at: Instant;
  reserved: boolean;
  release_at: Instant | null;
  created_at: Generated<Date>;
}

export interface SlotBookingTable {
  slot_id: string;
  referral_id: string;
  booked_at: Instant;
}

/** What other systems report. */
export type OutsideFactType = 'patient-died' | 'patient-moved' | 'patient-admitted' | 'patients-merged' | 'readings-held';
/** What our own parts tell pathways. */
export type PathwayNewsType =
  | 'referral-closed'
  | 'reading-episode'
  | 'calendar-published'
  | 'version-move-ordered'
  | 'down-referral-accepted'
  | 'join-follow-up'
  | 'follow-up-joined';

export interface FactTable {
  id: string;
  source: string;
  message_id: string;
  type: OutsideFactType | PathwayNewsType;
  occurred_at: Instant;
  recorded_at: Generated<Date>;
  sender_id: string;
  sender_institution_id: string;
  /** as the sender names the patient: one of our ids, or an id of their own system */
  given_patient_id: string | null;
  local_id_system: string | null;
  local_id_value: string | null;
  /** the ids that belong to the type, as sent */
  details: Json<Record<string, string>>;
  body_hash: Buffer;
  status: 'recorded' | 'held' | 'dismissed';
  /** whom it concerns, once that is certain */
  patient_id: string | null;
  /** what pathways are told */
  input: ColumnType<unknown, string | null | undefined, string | null>;
}

export interface FactDeliveryTable {
  seq: Generated<string>;
  fact_id: string;
  pathway_id: string;
  /** of a pathway that was being created when the fact came */
  creating_command_id: string | null;
  attempts: Defaulted<number>;
  next_attempt_at: Generated<Date>;
  delivered_at: Instant | null;
  settled_at: Instant | null;
}

export interface IdentityReviewTable {
  id: string;
  fact_id: string;
  reason: 'unknown-patient' | 'unknown-survivor' | 'merge-cycle' | 'merged-already';
  institution_id: string;
  opened_at: Generated<Date>;
  resolved_at: Instant | null;
  resolved_by: ColumnType<unknown, string | null | undefined, string | null>;
  patient_id: string | null;
  dismiss_reason: string | null;
}

/** What one request brought: who sent it, when it came. */
export interface ReadingBatchTable {
  id: string;
  sender_id: string;
  sender_institution_id: string;
  request_id: string;
  received_at: Instant;
  recorded_at: Generated<Date>;
}

export interface ReadingTable {
  id: string;
  batch_id: string;
  source: string;
  message_id: string;
  status: 'recorded' | 'quarantined' | 'held' | 'dismissed';
  /** why it is quarantined or dismissed: {code, evidence} */
  reason: ColumnType<unknown, string | null, string | null>;
  patient_id: string | null;
  /** the fact under identity review */
  held_by: string | null;
  kind: ReadingKind;
  measured_at: Instant;
  context: ReadingContext;
  /** numeric, which the driver gives as text; in the kind's standard unit */
  systolic: string | null;
  diastolic: string | null;
  value: string | null;
  /** as sent, where that was another unit */
  given: ColumnType<unknown, string | null, string | null>;
}

export interface ReadingEpisodeTable {
  id: string;
  patient_id: string;
  rule: string;
  /** `<id>/<version>` of the document that has the rule */
  protocol: string;
  /** the reading that completed it */
  reading_id: string;
  evidence: Json<Record<string, string | number>>;
  measured_at: Instant;
  raised_at: Instant;
  /** how often it was raised while open */
  times: number;
  last_measured_at: Instant;
  closed_at: Instant | null;
  closed_by: ColumnType<unknown, string | null | undefined, string | null>;
  done: string | null;
  recorded_at: Generated<Date>;
}

/** A message of another system that has been answered: a repeated one gets the same answer. */
export interface Hl7v2MessageTable {
  account_id: string;
  /** MSH-4 and MSH-10 */
  sending_facility: string;
  control_id: string;
  content_hash: Buffer;
  acknowledgement: string;
  received_at: Generated<Date>;
}

/** Where an institution's own system takes HL7 v2. */
export interface Hl7v2EndpointTable {
  institution_id: string;
  url: string;
}

/** A step of a referral that an institution's own system has to be told of. */
export interface Hl7v2DeliveryTable {
  seq: Generated<string>;
  pathway_id: string;
  version: number;
  institution_id: string;
  attempts: Defaulted<number>;
  next_attempt_at: Generated<Date>;
  settled_at: Instant | null;
  outcome: 'accepted' | 'refused' | 'dropped' | null;
  detail: string | null;
}

/** Another system's number for a referral. */
export interface ReferralNumberTable {
  authority: string;
  value: string;
  /** chosen when the number is first seen; the referral exists once it has been created */
  referral_id: string;
  recorded_at: Generated<Date>;
}

export interface EnrolmentTable {
  id: string;
  pathway_id: string;
  patient_id: string;
  institution_id: string;
  protocol_id: string;
  protocol_version: number;
  /** dates as YYYY-MM-DD */
  started_on: string;
  package: 'basic' | 'personalised';
  status: 'active' | 'paused' | 'ended';
  pause_reason: string | null;
  end_reason: string | null;
  ended_at: Instant | null;
  next_opens_on: string | null;
  next_due_on: string | null;
  missed: Defaulted<number>;
  last_class: number | null;
  /** two records were one person: the visits of this enrolment count in that one */
  merged_into_id: Defaulted<string | null>;
}

export interface FollowUpVisitTable {
  id: string;
  enrolment_id: string;
  visited_at: Instant;
  recorded_at: Generated<Date>;
  recorded_by: Json<unknown>;
  mode: 'clinic' | 'home' | 'phone';
  /** as it was filled in */
  form: Json<unknown>;
  /** before a visit that was recorded already: it decided nothing */
  entered_late: boolean;
  class: number | null;
  class_override: number | null;
  override_reason: string | null;
  /** Shape: Evaluation of domain/follow-up/evaluation.ts */
  evaluation: ColumnType<unknown, string | null, string | null>;
  /** the window it was asked for; null: entered late */
  opens_on: string | null;
  due_on: string | null;
  /** a value was taken that its protocol classifies by; null: not known of visits of old */
  measured: boolean | null;
  /** Shape: BothIndicators of domain/follow-up/indicators.ts */
  indicators: ColumnType<unknown, string | null, string | null>;
  /** from the form */
  annual_exam: ColumnType<boolean, never, never>;
  /** from indicators */
  payment_controlled: ColumnType<boolean | null, never, never>;
  clinical_controlled: ColumnType<boolean | null, never, never>;
  referral_id: string | null;
}

export interface ProtocolTable {
  id: string;
  version: number;
  status: Defaulted<'draft' | 'published' | 'retired'>;
  /** Shape: Protocol of domain/follow-up/protocol.ts */
  document: Json<Protocol>;
  created_at: Generated<Date>;
  created_by: ColumnType<Actor | null, string | null | undefined, string | null>;
  published_at: Instant | null;
  retired_at: Instant | null;
}

export interface CalendarYearTable {
  year: number;
  version: number;
  document: Json<CalendarYear>;
  recorded_at: Generated<Date>;
}

export interface RiskModelTable {
  version: number;
  document: Json<RiskModel>;
  recorded_at: Generated<Date>;
}

export interface Tables {
  institution: InstitutionTable;
  department: DepartmentTable;
  person: PersonTable;
  post: PostTable;
  team: TeamTable;
  team_member: TeamMemberTable;
  patient: PatientTable;
  patient_local_id: PatientLocalIdTable;
  alliance_configuration: AllianceConfigurationTable;
  command: CommandTable;
  pathway: PathwayTable;
  decision: DecisionTable;
  timeline: TimelineTable;
  audit: AuditTable;
  task: TaskTable;
  message: MessageTable;
  message_attempt: MessageAttemptTable;
  referral: ReferralTable;
  referral_leg: ReferralLegTable;
  slot: SlotTable;
  slot_booking: SlotBookingTable;
  fact: FactTable;
  fact_delivery: FactDeliveryTable;
  identity_review: IdentityReviewTable;
  reading_batch: ReadingBatchTable;
  reading: ReadingTable;
  reading_episode: ReadingEpisodeTable;
  hl7v2_message: Hl7v2MessageTable;
  hl7v2_endpoint: Hl7v2EndpointTable;
  hl7v2_delivery: Hl7v2DeliveryTable;
  referral_number: ReferralNumberTable;
  enrolment: EnrolmentTable;
  follow_up_visit: FollowUpVisitTable;
  protocol: ProtocolTable;
  calendar_year: CalendarYearTable;
  risk_model: RiskModelTable;
}
