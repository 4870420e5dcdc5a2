/** How a quarter is simulated: its days, its centres, and how often what goes wrong. */
import type { LocalDate } from '../time/local-date.ts';

/** Chances from 0 to 1: of an indicator, a day, a round, a stop, a set, a pack. */
export interface Faults {
  failedIndicator: number;
  invalidIndicator: number;
  /** The indicator of a load with packs that is invalid whatever the chance, counted from 1 as they are read: a quarter has too few to leave it to chance. */
  invalidIndicatorNumber: number;
  /** Of a run without packs, after the repair: its indicator fails, or is invalid. */
  failedRequalification: number;
  failedBowieDick: number;
  breakdown: number;
  closedCentre: number;
  lostPhone: number;
  lostScan: number;
  /** Of a set that a slip declares: it does not lie in the box. */
  setNotInBox: number;
  /** Of a set that lies in the box: the slip does not say so. */
  setNotDeclared: number;
  specialPathogen: number;
  powerCut: number;
  wetPack: number;
  incompleteSet: number;
  damagedSet: number;
  breach: number;
}

export const usualFaults: Faults = {
  failedIndicator: 0.05,
  invalidIndicator: 0.08,
  invalidIndicatorNumber: 6,
  failedRequalification: 0.03,
  failedBowieDick: 0.02,
  breakdown: 0.05,
  closedCentre: 0.02,
  lostPhone: 0.01,
  lostScan: 0.05,
  setNotInBox: 0.01,
  setNotDeclared: 0.005,
  specialPathogen: 0.008,
  powerCut: 0.03,
  wetPack: 0.005,
  incompleteSet: 0.01,
  damagedSet: 0.005,
  breach: 0.003,
};

export interface Quarter {
  from: LocalDate;
  days: number;
  centres: readonly { institutionId: string; visitDays: readonly number[] }[];
  /** A new id or number of its kind; the same sequence for the same script. */
  nextId(kind: string): string;
  /** The next scan of the telephone of a post. */
  nextScan(device: string): { device: string; seq: number };
}
