/** The tables of the alliance: its institutions, people, teams and patients, its configuration, and the questions who somebody is. */
import type { ColumnType, Generated, GeneratedAlways, JSONColumnType } from 'kysely';
import type { PatientChannel, StaffChannel } from '../../domain/messages/channels.ts';
import type { Defaulted, Instant, Json } from '../kit/columns.ts';

export interface InstitutionTable {
  id: string;
  name_zh: string;
  name_en: string;
  tier: 'tertiary' | 'secondary' | 'primary' | 'support';
  kind: 'hospital' | 'community-health-centre' | 'sterile-supply-department';
  /** What residents are told to find it and to call it; null where the alliance has not said. */
  address_zh: string | null;
  address_en: string | null;
  telephone: string | null;
  /** A closed one stays, because records name it, and takes nobody new. */
  closed_at: Instant | null;
  /** Who has taken its residents. */
  successor_id: string | null;
}

export interface DepartmentTable {
  id: string;
  institution_id: string;
  code: string;
  name_zh: string;
  name_en: string;
  is_referral_desk: Defaulted<boolean>;
  closed_at: Instant | null;
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
  /** The team's group, which gets a message once; null where each member gets it. */
  channel: 'wecom' | null;
  closed_at: Instant | null;
}

export interface TeamMemberTable {
  team_id: string;
  person_id: string;
}

export interface PatientContact {
  /** Contacts that older code has written have none. */
  id?: string;
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
  /** Written by the database, as is the next: by these names and telephones are compared and searched. */
  name_key: GeneratedAlways<string>;
  phone_key: GeneratedAlways<string | null>;
  identity_number: string | null;
  /** The 18 characters that the identity number means. */
  identity_key: string | null;
  /** The key of a number that somebody else has answered: while the telephone has this key nobody calls it or writes to it. */
  wrong_phone_key: string | null;
  /** The same of the telephones of the contacts. */
  wrong_contact_keys: ColumnType<string[], string[] | undefined, never>;
  address: string | null;
  allergies: ColumnType<string[], string | undefined, string>;
  contacts: JSONColumnType<PatientContact[]>;
  channel: Defaulted<PatientChannel>;
  deceased_at: Instant | null;
  /** The record of the same person that goes on after a merger. */
  merged_into_id: string | null;
  version: Defaulted<number>;
  created_at: Generated<Date>;
  /** The instant at which somebody registered the resident; null where nobody knows it. */
  registered_at: ColumnType<Date | null, Date | null | undefined, never>;
}

export interface PatientLocalIdTable {
  system: string;
  value: string;
  patient_id: string;
}

/** One field of a resident's record that somebody has corrected. */
export interface PatientChangeTable {
  id: string;
  patient_id: string;
  at: Generated<Date>;
  actor: Json<unknown>;
  field: string;
  before: ColumnType<unknown, string | null, never>;
  after: ColumnType<unknown, string | null, never>;
  reason: string;
}

export interface AllianceConfigurationTable {
  version: number;
  /** Shape: AllianceConfiguration of domain/alliance/configuration.ts */
  configuration: Json<unknown>;
  recorded_at: Generated<Date>;
}

/** What the messages of stays contradict: somebody looks at it, and nothing follows from the answer. */
export const contradictionReasons = ['death-contradicted', 'two-open-stays', 'contradicting-message', 'episode-over'] as const;
export type ContradictionReason = (typeof contradictionReasons)[number];

export interface IdentityReviewTable {
  id: string;
  fact_id: string;
  reason:
    | 'unknown-patient'
    | 'unknown-survivor'
    | 'merge-cycle'
    | 'merged-already'
    | 'merger-contradicts'
    | 'died-before-birth'
    | 'fact-retracted'
    | 'person-contradicts'
    | 'visit-of-another-patient'
    | ContradictionReason;
  institution_id: string;
  opened_at: Generated<Date>;
  resolved_at: Instant | null;
  resolved_by: ColumnType<unknown, string | null | undefined, string | null>;
  patient_id: string | null;
  dismiss_reason: string | null;
}

export interface DirectoryTables {
  institution: InstitutionTable;
  department: DepartmentTable;
  person: PersonTable;
  post: PostTable;
  team: TeamTable;
  team_member: TeamMemberTable;
  patient: PatientTable;
  patient_local_id: PatientLocalIdTable;
  patient_change: PatientChangeTable;
  alliance_configuration: AllianceConfigurationTable;
  identity_review: IdentityReviewTable;
}
