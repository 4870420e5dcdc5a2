/** What a hospital orders for the time after a discharge, and what is known of each order. Plain values: instants in milliseconds, dates as text. */
import type { Reason } from '../kit/pathway.ts';
import type { LocalDate } from '../time/local-date.ts';
import type { DoseUnit } from './medicine-units.ts';
import type { OrderOwner } from './owners.ts';
import type { MedicineClass, OperationSite, OrderKind } from './rules.ts';
import type { Quantity, Strength } from './supply.ts';

/** A dose that was read: an exact fraction of the unit for each day. */
export interface CodedDose {
  unit: DoseUnit;
  numerator: number;
  denominator: number;
}

/**
 * A text as doctors write it; or an amount that is taken `perDay` times a day, which may be below 1; or when needed. A state holds no text: there it is
 * what was read of it, null where that was nothing.
 */
export type GivenDose = string | { amount: number; unit: string; perDay: number } | { asNeeded: true } | { read: CodedDose | null };

export interface GivenMedicine {
  dose: GivenDose;
  /** Left out where a hospital's system tells only for how many days it suffices. */
  quantity?: Quantity | undefined;
  expectedSupplyDays?: number | undefined;
  strength?: Strength | undefined;
  startOn?: LocalDate | undefined;
  untilOn?: LocalDate | undefined;
  longTerm?: boolean | undefined;
  /** Left out: by the name of the medicine. */
  highAlert?: boolean | undefined;
  /** Of which classes it is; left out: by its name. */
  classes?: readonly MedicineClass[] | undefined;
}

export interface GivenOrder {
  kind: OrderKind;
  /** Empty in a state, which holds no words. */
  title: string;
  item?: string | undefined;
  opensOn?: LocalDate | undefined;
  dueOn?: LocalDate | undefined;
  place?: 'hospital' | 'centre' | undefined;
  site?: OperationSite | undefined;
  repeat?: { everyDays: number; untilOn: LocalDate } | undefined;
  number?: string | undefined;
  expectedOn?: LocalDate | undefined;
  medicine?: GivenMedicine | undefined;
}

export const orderStates = ['waiting', 'open', 'overdue', 'in-conversation', 'review', 'closed'] as const;
export type OrderStatus = (typeof orderStates)[number];

export const orderOutcomes = [
  'done',
  'refused',
  'stopped',
  'replaced',
  'continued',
  'not-needed',
  'expired',
  'lost',
  'withdrawn',
  'readmitted',
  'died',
] as const;
export type OrderOutcome = (typeof orderOutcomes)[number];

export type ReviewReason = 'no-rule' | 'dose-not-parsed' | 'unit-mismatch' | 'quantity-too-small' | 'long-supply';

export const woundStates = ['healed', 'healing', 'infected', 'dehisced'] as const;
export type WoundState = (typeof woundStates)[number];

/** What was shown, without its words: of a value, topics, a vaccine and a text it says only that they were given. */
export interface Evidence {
  on: LocalDate;
  quantity?: { value: number; unit: string } | undefined;
  taken?: 'all' | 'most' | undefined;
  value?: boolean | undefined;
  abnormal?: boolean | undefined;
  critical?: boolean | undefined;
  woundState?: WoundState | undefined;
  topics?: boolean | undefined;
  understood?: 'yes' | 'partly' | 'no' | undefined;
  inUse?: boolean | undefined;
  vaccine?: boolean | undefined;
  text?: boolean | undefined;
}

/** How long what was handed out lasts, the last day with it. */
export interface SupplyInHand {
  startOn: LocalDate;
  days: number;
  endOn: LocalDate;
}

/** A medicine as it was read. */
export interface MedicineInHand {
  unit: string;
  /** Amount times how often, for people: rounded. */
  perDay: number;
  asNeeded: boolean;
  /** Null when it cannot be computed, and for what is taken when needed. */
  supply: SupplyInHand | null;
  /** What is asked for next is more of the medicine; else whether it was taken. */
  isRefill: boolean;
}

/** The dates of an order, as its window, its kind and the working days give them. */
export interface OrderDates {
  /** Null while somebody has to look at the order. */
  opensOn: LocalDate | null;
  dueOn: LocalDate | null;
  owner: OrderOwner;
  /** A date rests on a year whose working days are not published. */
  unconfirmed: boolean;
  because: Reason[];
  reviewReasons: ReviewReason[];
  medicine: MedicineInHand | null;
  /** The supply is longer than may be prescribed. */
  isLongSupply: boolean;
}

/** A window that a report has set in place of the one that the rules give: the next of a series, a date agreed on, a medicine that is taken again. */
export interface ResetWindow {
  opensOn: LocalDate;
  dueOn: LocalDate;
  by: 'repeat' | 'partial' | 'resume';
}

export interface PendingResult {
  at: number;
  abnormal: boolean;
  critical: boolean;
}

/** What somebody has said of an order by the link. */
export interface SaidOfOrder {
  at: number;
  said: 'done' | 'not-done' | 'stopped';
}

export interface OrderState extends OrderDates {
  id: string;
  given: GivenOrder;
  status: OrderStatus;
  outcome: OrderOutcome | null;
  reset: ResetWindow | null;
  /** What was handed out after the discharge, in the order of its reports. */
  dispensed: readonly { on: LocalDate; quantity?: { value: number; unit: string } | undefined }[];
  evidence: readonly Evidence[];
  /** How often it was done in part only, since it was last done. */
  partials: number;
  timesOverdue: number;
  /** Why the patient does not go on with it; null unless somebody has said so. */
  stopped: 'refused' | 'stopped' | null;
  /** Of a pending result: that it came, and when it was told. */
  result: PendingResult | null;
  toldAt: number | null;
  /** What was said of it by a link; undefined where nothing was, and in states of older code. */
  reported?: readonly SaidOfOrder[] | undefined;
}
