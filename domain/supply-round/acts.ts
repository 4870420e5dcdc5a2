/** What may be done with a round in which of its states. The row of the round is the truth; this table says what it allows. */
import type { RoundStatus } from '../sterile-supply/vocabulary.ts';

export const roundActs = [
  'confirm',
  'allocate',
  'add-stop',
  'move-stop',
  'voice-codes',
  'cancel',
  'close',
  'consignments',
  'take-off',
  'complete-loading',
  'depart',
  'return',
  'break-down',
  'transfer',
  'abort',
  'hand-over',
] as const;
export type RoundAct = (typeof roundActs)[number];

const statusesOf: Readonly<Record<RoundAct, readonly RoundStatus[]>> = {
  confirm: ['planned'],
  allocate: ['confirmed'],
  'add-stop': ['planned', 'confirmed', 'loaded', 'departed'],
  'move-stop': ['planned', 'confirmed', 'loaded', 'departed'],
  'voice-codes': ['confirmed', 'loaded', 'departed'],
  cancel: ['planned', 'confirmed', 'loaded'],
  close: ['handed-over'],
  consignments: ['confirmed'],
  'take-off': ['confirmed', 'loaded'],
  'complete-loading': ['confirmed'],
  depart: ['loaded'],
  return: ['departed'],
  'break-down': ['departed'],
  transfer: ['departed'],
  abort: ['departed'],
  'hand-over': ['returned'],
};

export interface RoundStanding {
  status: RoundStatus;
  brokenDown: boolean;
}

/** A vehicle breaks down once until its load has gone on in another one; only then there is something to transfer or to abort. */
function fitsBreakDown(act: RoundAct, brokenDown: boolean): boolean {
  switch (act) {
    case 'break-down':
      return !brokenDown;
    case 'transfer':
    case 'abort':
      return brokenDown;
    default:
      return true;
  }
}

export const mayActOnRound = ({ status, brokenDown }: RoundStanding, act: RoundAct): boolean =>
  statusesOf[act].includes(status) && fitsBreakDown(act, brokenDown);

export const allowedRoundActs = (round: RoundStanding): RoundAct[] => roundActs.filter((act) => mayActOnRound(round, act));
