/** The machine of a pack: one sterile life of a set. */
import type { PackStatus } from './vocabulary.ts';

/** What is done with a pack by itself. Loads, rounds, stops and counts do the rest with many packs at once. */
export const packActs = ['check', 'labels', 'compromise', 'break-out', 'restock', 'open', 'return-unopened'] as const;
export type PackAct = (typeof packActs)[number];

/** Before it is opened, rejected or ended. */
const unopened = [
  'assembled',
  'checked',
  'in-load',
  'sterilised',
  'released',
  'allocated',
  'on-vehicle',
  'at-centre',
] as const satisfies PackStatus[];

/** Unopened and through its load, so that it may be recalled or expire. */
const afterRelease = ['released', 'allocated', 'on-vehicle', 'at-centre'] as const satisfies PackStatus[];

/** What of a pack besides its status opens acts. */
export interface PackStanding {
  status: PackStatus;
  recalled: boolean;
  expired: boolean;
}

const includes = (statuses: readonly PackStatus[], status: PackStatus): boolean => statuses.includes(status);

/** A rejected pack is broken out, and one that nobody may use any more: recalled, expired. */
export const mayBreakOut = ({ status, recalled, expired }: PackStanding): boolean =>
  status === 'rejected' || (includes([...afterRelease, 'sterilised'], status) && (recalled || expired));

export function mayPackAct(act: PackAct, standing: PackStanding): boolean {
  const { status } = standing;
  switch (act) {
    case 'check':
      return status === 'assembled';
    case 'labels':
      return includes(['assembled', 'checked', 'in-load', 'sterilised', 'released', 'allocated'], status);
    case 'compromise':
      return includes(unopened, status);
    case 'break-out':
      return mayBreakOut(standing);
    case 'restock':
      return status === 'on-vehicle';
    case 'open':
    case 'return-unopened':
      return status === 'at-centre';
  }
}

export const allowedPackActs = (standing: PackStanding): PackAct[] => packActs.filter((act) => mayPackAct(act, standing));

/** A label printed from now on is the releaser's: nobody else changes what stands on a released pack. */
export const isReleased = (status: PackStatus): boolean => includes(afterRelease, status);

export const compromiseReasons = ['dropped', 'torn', 'unclean', 'label-unreadable', 'other'] as const;
export type CompromiseReason = (typeof compromiseReasons)[number];

export const rejectReasonOf = (reason: CompromiseReason): 'label-unreadable' | 'compromised' =>
  reason === 'label-unreadable' ? 'label-unreadable' : 'compromised';
