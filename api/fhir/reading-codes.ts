/** LOINC and UCUM of the kinds of readings. */
import type { ReadingKind } from '../../domain/readings/reading.ts';

const BLOOD_PRESSURE = '85354-9';
export const pressureCodes = { systolic: '8480-6', diastolic: '8462-4' } as const;

/** Of glucose there is a code by amount and one by mass, in blood of a vein and by the meter in capillary blood; the unit tells which of the first two. */
export const kindsByLoinc: Record<string, ReadingKind> = {
  [BLOOD_PRESSURE]: 'blood-pressure',
  '55284-4': 'blood-pressure',
  '15074-8': 'random-glucose',
  '2339-0': 'random-glucose',
  '14743-9': 'random-glucose',
  '41653-7': 'random-glucose',
  '14771-0': 'fasting-glucose',
  '1558-6': 'fasting-glucose',
  '14770-2': 'fasting-glucose',
  '41604-0': 'fasting-glucose',
  '8867-4': 'heart-rate',
  '29463-7': 'weight',
  '8310-5': 'temperature',
};

/** The code that a kind is written with. */
export const loincOfKind: Record<ReadingKind, string> = {
  'blood-pressure': BLOOD_PRESSURE,
  'fasting-glucose': '14771-0',
  'random-glucose': '15074-8',
  'heart-rate': '8867-4',
  weight: '29463-7',
  temperature: '8310-5',
};

const ucumOfUnit: Record<string, string> = { mmHg: 'mm[Hg]' };
const unitOfUcum: Record<string, string> = { 'mm[Hg]': 'mmHg', '{beats}/min': '/min', '{Beats}/min': '/min' };

export const toUcum = (unit: string): string => ucumOfUnit[unit] ?? unit;
export const toUnit = (ucum: string): string => (Object.hasOwn(unitOfUcum, ucum) ? (unitOfUcum[ucum] as string) : ucum);
