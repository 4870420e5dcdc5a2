/** How a quarter is simulated: its days, its centres, and how often what goes wrong. */
import type { LocalDate } from '../time/local-date.ts';

/** Chances from 0 to 1: of an indicator, a day, a round, a stop, a set, a pack. */
export interface Faults {
  failedIndicator: number;
  invalidIndicator: number;
  failedBowieDick: number;
  breakdown: number;
  closedCentre: number;
  lostPhone: number;
  lostScan: number;
  setNotInBox: number;
  powerCut: number;
  wetPack: number;
  incompleteSet: number;
  damagedSet: number;
  breach: number;
}

export const usualFaults: Faults = {
  failedIndicator: 0.05,
  invalidIndicator: 0.04,
  failedBowieDick: 0.02,
  breakdown: 0.03,
  closedCentre: 0.02,
  lostPhone: 0.01,
  lostScan: 0.05,
  setNotInBox: 0.01,
  powerCut: 0.01,
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
}
