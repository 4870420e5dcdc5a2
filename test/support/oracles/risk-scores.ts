/**
 * LACE (van Walraven 2010) and HOSPITAL (Donzé 2013 and 2016, Aubert 2017), read a second time: each part is the least and the most that it can count, and
 * a part that nobody has told can count anything.
 */

/** What is known of a stay; null where nobody has told it. */
export interface StayForScores {
  stayDays: number | null;
  admissionType: string | null;
  comorbidities: readonly string[] | null;
  emergencyVisits: number | null;
  admissions: number | null;
  hemoglobinGPerL: number | null;
  sodiumMmolPerL: number | null;
  oncologyService: boolean | null;
  cancer: boolean | null;
  procedure: boolean | null;
}

export interface ScoreAsRead {
  score: string;
  points: number | null;
  min: number;
  max: number;
  missing: string[];
  level: string;
}

type Part = [name: string, least: number, most: number];

const part = <T>(name: string, value: T | null, most: number, count: (value: T) => number): Part =>
  value === null ? [name, 0, most] : [name, count(value), count(value)];

const LENGTH = [0, 1, 2, 3, 4, 4, 4, 5, 5, 5, 5, 5, 5, 5, 7];
const ACUTE = 'emergency urgent';
const WEIGHTS: [number, string][] = [
  [1, 'mi stroke pvd diabetes'],
  [2, 'heart-failure diabetes-organ-damage chronic-lung mild-liver-renal tumour'],
  [3, 'dementia connective-tissue'],
  [4, 'severe-liver-renal hiv'],
  [6, 'metastatic'],
];
const MILDER: Record<string, string> = {
  'diabetes-organ-damage': 'diabetes',
  'severe-liver-renal': 'mild-liver-renal',
  metastatic: 'tumour',
};

function charlson(told: readonly string[]): number {
  const counted = new Set(told);
  for (const [heavier, lighter] of Object.entries(MILDER)) if (counted.has(heavier)) counted.delete(lighter);
  const sum = WEIGHTS.reduce((total, [weight, names]) => total + weight * names.split(' ').filter((name) => counted.has(name)).length, 0);
  return sum >= 4 ? 5 : sum;
}

const isAcute = (type: string): boolean => ACUTE.split(' ').includes(type);

function scoreOf(score: string, parts: readonly Part[], bounds: readonly [number, string][]): ScoreAsRead {
  const min = parts.reduce((sum, [, least]) => sum + least, 0);
  const max = parts.reduce((sum, [, , most]) => sum + most, 0);
  const missing = parts.filter(([, least, most]) => least !== most).map(([name]) => name);
  const levelAt = (points: number): string => bounds.findLast(([from]) => points >= from)?.[1] ?? '';
  const level = levelAt(max) === 'high' && levelAt(min) === 'low' ? 'medium' : levelAt(min);
  return { score, points: missing.length === 0 ? min : null, min, max, missing, level };
}

export function readScores(stay: StayForScores): ScoreAsRead[] {
  const { stayDays, admissionType, comorbidities, emergencyVisits, admissions, hemoglobinGPerL, sodiumMmolPerL, procedure } = stay;
  const { oncologyService, cancer } = stay;
  const either = cancer === true || oncologyService === true ? true : cancer === null || oncologyService === null ? null : false;
  const yes = (points: number) => (told: boolean) => (told ? points : 0);
  const hospital = (ofOncology: boolean | null, withProcedure: boolean, from: readonly [number, number]): Part[] => [
    part('Hb', hemoglobinGPerL, 1, (value) => (value < 120 ? 1 : 0)),
    part('O', ofOncology, 2, yes(2)),
    part('Na', sodiumMmolPerL, 1, (value) => (value < 135 ? 1 : 0)),
    ...(withProcedure ? [part('P', procedure, 1, yes(1))] : []),
    part('I', admissionType, 1, (type) => (isAcute(type) ? 1 : 0)),
    part('N', admissions, 5, (count) => (count > from[1] ? 5 : count >= from[0] ? 2 : 0)),
    part('LOS', stayDays, 2, (days) => (days >= 5 ? 2 : 0)),
  ];
  const three: [number, string][] = [
    [0, 'low'],
    [5, 'medium'],
    [7, 'high'],
  ];
  return [
    scoreOf(
      'lace',
      [
        part('L', stayDays, 7, (days) => LENGTH[Math.min(days, 14)] ?? 0),
        part('A', admissionType, 3, (type) => (isAcute(type) ? 3 : 0)),
        part('C', comorbidities, 5, charlson),
        part('E', emergencyVisits, 4, (visits) => Math.min(visits, 4)),
      ],
      [
        [0, 'low'],
        [5, 'medium'],
        [10, 'high'],
      ],
    ),
    scoreOf('hospital-2013', hospital(oncologyService, true, [1, 5]), three),
    scoreOf('hospital-2016', hospital(oncologyService, true, [2, 5]), three),
    scoreOf('hospital-simplified-2017', hospital(either, false, [2, 5]), [
      [0, 'low'],
      [5, 'high'],
    ]),
  ];
}
