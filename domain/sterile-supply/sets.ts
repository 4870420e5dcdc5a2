/** The machine of a set of instruments: it lives long, through many packs. */
import type { SetStatus, SpecialPathogen } from './vocabulary.ts';

/** What is done with a set by itself. That its pack is opened or broken out, stowed or counted, is done with the pack, the slip and the stop. */
export const setActs = ['wash', 'inspect', 'assemble', 'complete', 'sign-off-incomplete', 'repaired', 'report-missing', 'retire'] as const;
export type SetAct = (typeof setActs)[number];

const notPacked = [
  'in-decon',
  'washed',
  'inspected',
  'incomplete-hold',
  'repair',
  'used',
  'in-transit-soiled',
] as const satisfies SetStatus[];

const from: Record<SetAct, readonly SetStatus[]> = {
  wash: ['in-decon'],
  inspect: ['washed'],
  assemble: ['inspected'],
  complete: ['incomplete-hold'],
  'sign-off-incomplete': ['incomplete-hold'],
  repaired: ['repair'],
  'report-missing': notPacked,
  retire: [...notPacked, 'missing'],
};

/** Where an act by itself leads. Where its result decides, `toAfterInspection` and the result of the wash say so. */
export const setStatusAfter: Record<Exclude<SetAct, 'wash' | 'inspect'>, SetStatus> = {
  assemble: 'packed',
  complete: 'inspected',
  'sign-off-incomplete': 'inspected',
  repaired: 'in-decon',
  'report-missing': 'missing',
  retire: 'retired',
};

export const allowedSetActs = (status: SetStatus): SetAct[] => setActs.filter((act) => from[act].includes(status));

export const maySetAct = (status: SetStatus, act: SetAct): boolean => from[act].includes(status);

export const inspectionResults = ['pass', 'incomplete', 'damaged'] as const;
export type InspectionResult = (typeof inspectionResults)[number];

export const setStatusAfterInspection: Record<InspectionResult, SetStatus> = {
  pass: 'inspected',
  incomplete: 'incomplete-hold',
  damaged: 'repair',
};

/** A set that carries a special pathogen is washed only after its pretreatment. */
export const needsPretreatment = (special: SpecialPathogen | null, pretreatment: string | null): boolean =>
  special !== null && pretreatment === null;

export interface CountSheetLine {
  itemCode: string;
  name: { zh: string; en: string };
  quantity: number;
}

export interface MissingItem {
  itemCode: string;
  quantity: number;
}

/** The index of the first missing item that the count sheet does not hold, or not so many of; -1: all fit. */
export function findWrongMissingItem(sheet: readonly CountSheetLine[], missing: readonly MissingItem[]): number {
  return missing.findIndex(({ itemCode, quantity }, index) => {
    const line = sheet.find((one) => one.itemCode === itemCode);
    return !line || quantity > line.quantity || missing.findIndex((other) => other.itemCode === itemCode) < index;
  });
}
