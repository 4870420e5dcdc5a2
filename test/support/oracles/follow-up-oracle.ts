/**
 * What htn-2017 and t2dm-2017 say of a visit, written a second time from the rules in prose and sharing no code with the first: dates by Date, working
 * days from the published notices, thresholds as numbers. Only what the specification of 2017 says; no tiers, no phases set by hand.
 */
import { readFileSync } from 'node:fs';

export interface OracleVisit {
  visitedAt: number;
  mode: 'clinic' | 'home' | 'phone';
  bloodPressures: readonly { systolic: number; diastolic: number; atHome: boolean }[];
  fastingGlucose: number | null;
  randomGlucose: number | null;
  heartRate: number | null;
  temperature: number | null;
  symptoms: readonly string[];
  adverseReactions: readonly string[];
  newComplication: boolean;
  hardToControl: boolean;
  annualExam: boolean;
}
interface OraclePerson {
  birthDate: string;
  pregnant: boolean;
  toleratesLowerTarget: boolean;
  diabetes: boolean;
  kidneyDisease: boolean;
}
export interface OracleCase {
  disease: 'htn-2017' | 't2dm-2017';
  person: OraclePerson;
  startedOn: string;
  /** of this disease, oldest first */
  before: readonly OracleVisit[];
  visit: OracleVisit;
  referrals: readonly { sentAt: number; reviewedAt: number | null }[];
  /** the years that are published */
  years?: readonly number[];
}

const DAY = 86_400_000;
const published = [2023, 2024, 2025, 2026];
const notices = new Map(
  published.map((year) => [
    year,
    JSON.parse(readFileSync(new URL(`../../../protocols/calendar-${year}.json`, import.meta.url), 'utf8')) as {
      holidays: { from: string; to: string }[];
      makeUpWorkdays: string[];
    },
  ]),
);

const utc = (date: string): Date => new Date(`${date}T00:00:00Z`);
const text = (date: Date): string => date.toISOString().slice(0, 10);
const inShanghai = (at: number): string => text(new Date(at + 8 * 3_600_000));
const plusDays = (date: string, days: number): string => text(new Date(utc(date).getTime() + days * DAY));
const days = (from: string, to: string): number => (utc(to).getTime() - utc(from).getTime()) / DAY;
export function plusMonths(date: string, months: number): string {
  const there = utc(date);
  there.setUTCMonth(there.getUTCMonth() + months);
  if (there.getUTCDate() !== utc(date).getUTCDate()) there.setUTCDate(0); // the month is shorter
  return text(there);
}
function isWorked(date: string, years: readonly number[]): boolean {
  const year = Number(date.slice(0, 4));
  // The notice of the year after may arrange the last days of this one.
  for (const each of [year + 1, year].filter((one) => years.includes(one))) {
    const notice = notices.get(each);
    if (notice?.makeUpWorkdays.includes(date)) return true;
    if (notice?.holidays.some(({ from, to }) => from <= date && date <= to)) return false;
  }
  return ![0, 6].includes(utc(date).getUTCDay());
}
export function workedBy(date: string, years: readonly number[] = published): string {
  let day = date;
  while (!isWorked(day, years)) day = plusDays(day, -1);
  return day;
}

const crisisSymptoms = {
  'htn-2017':
    'altered-consciousness severe-headache severe-dizziness nausea-vomiting blurred-vision eye-pain palpitations chest-tightness orthopnoea',
  't2dm-2017':
    'altered-consciousness abnormal-behaviour acetone-breath palpitations sweating anorexia nausea-vomiting polydipsia polyuria abdominal-pain deep-breathing flushing sudden-vision-loss',
};

/** Without what was told on the telephone or taken at home. */
const taken = (visit: OracleVisit): OracleVisit =>
  visit.mode === 'phone'
    ? { ...visit, bloodPressures: [], fastingGlucose: null, randomGlucose: null, heartRate: null, temperature: null }
    : { ...visit, bloodPressures: visit.bloodPressures.filter(({ atHome }) => !atHome) };
/** With each of the values that were told as if it had been measured. */
function asIfTaken(visit: OracleVisit): OracleVisit[] {
  const told = visit.bloodPressures.filter(({ atHome }) => atHome || visit.mode === 'phone').map((one) => ({ ...one, atHome: false }));
  if (told.length === 0) return visit.mode === 'phone' ? [{ ...visit, mode: 'clinic' }] : [];
  return told.map((one) => ({ ...visit, mode: 'clinic', bloodPressures: [one] }));
}

function pressureOf({ bloodPressures }: OracleVisit): [number, number] | null {
  const taken = bloodPressures.filter(({ atHome }) => !atHome).slice(-2);
  const mean = (values: number[]) => Math.floor(values.reduce((sum, value) => sum + value, 0) / values.length + 0.5);
  return taken.length === 0 ? null : [mean(taken.map((one) => one.systolic)), mean(taken.map((one) => one.diastolic))];
}
function ageAt(birthDate: string, on: string): number {
  const years = Number(on.slice(0, 4)) - Number(birthDate.slice(0, 4));
  return on.slice(5) >= birthDate.slice(5) ? years : years - 1;
}
/** null: not measured */
function onTarget({ disease, person }: OracleCase, visit: OracleVisit): boolean | null {
  if (disease === 't2dm-2017') return visit.fastingGlucose === null ? null : visit.fastingGlucose < 7;
  const pressure = pressureOf(visit);
  if (!pressure) return null;
  const strict =
    ageAt(person.birthDate, inShanghai(visit.visitedAt)) < 65 || person.toleratesLowerTarget || person.diabetes || person.kidneyDisease;
  return pressure[0] < (strict ? 140 : 150) && pressure[1] < 90;
}

function isCrisis({ disease, person, visit }: OracleCase): boolean {
  const [systolic, diastolic] = pressureOf(visit) ?? [0, 0];
  const glucoses = [visit.fastingGlucose, visit.randomGlucose].filter((value) => value !== null);
  if (systolic >= 180 || diastolic >= 110) return true;
  if (visit.symptoms.some((symptom) => crisisSymptoms[disease].split(' ').includes(symptom))) return true;
  if (disease === 'htn-2017') return person.pregnant && (systolic >= 140 || diastolic >= 90);
  if (glucoses.some((value) => value >= 16.7 || value <= 3.9)) return true;
  if ((visit.heartRate ?? 0) > 100 || (visit.temperature ?? 0) > 39) return true;
  return person.pregnant && (visit.fastingGlucose ?? 0) >= 6.1;
}

export function oracle(told: OracleCase): { class: number | null; action: string; dueOn: string; inARow: number } {
  const said = judge({ ...told, visit: taken(told.visit), before: told.before.map(taken) });
  const isAlarming = asIfTaken(told.visit).some((visit) => isCrisis({ ...told, visit }));
  return { ...said, action: isAlarming && said.action !== 'refer-urgent' ? 'confirm-reading' : said.action };
}

function judge(given: OracleCase): { class: number | null; action: string; dueOn: string; inARow: number } {
  const { visit, before, referrals, startedOn, years = published } = given;
  const reviewed = Math.max(0, ...referrals.map(({ reviewedAt }) => reviewedAt ?? 0).filter((at) => at <= visit.visitedAt));
  const since = before.filter(({ visitedAt }) => visitedAt > reviewed);
  const good = onTarget(given, visit);
  let inARow = good === false ? 1 : 0;
  let counted = inShanghai(visit.visitedAt);
  if (inARow)
    for (const one of since.toReversed()) {
      const earlier = onTarget(given, one);
      const on = inShanghai(one.visitedAt);
      if (earlier === null || on === counted) continue;
      if (earlier) break;
      counted = on;
      inARow++;
    }
  const open = referrals.some(({ sentAt, reviewedAt }) => sentAt <= visit.visitedAt && (reviewedAt ?? Infinity) > visit.visitedAt);
  const again = visit.adverseReactions.some((reaction) => since.some(({ adverseReactions }) => adverseReactions.includes(reaction)));
  const refers = visit.newComplication || visit.hardToControl || again || inARow === 2 || (inARow > 2 && !open);
  const adjusts = inARow > 0 || visit.adverseReactions.length > 0;
  const action = isCrisis(given) ? 'refer-urgent' : refers ? 'refer' : adjusts ? 'adjust' : 'continue';
  const classOf = visit.newComplication
    ? 4
    : visit.adverseReactions.length > 0 || visit.hardToControl
      ? 3
      : good === null
        ? null
        : good
          ? 1
          : 2;

  const on = inShanghai(visit.visitedAt);
  const workday = (date: string) => (workedBy(date, years) > on ? workedBy(date, years) : date);
  const asked = [workday(action === 'continue' && good !== null ? plusMonths(on, 3) : plusDays(on, 14)), workday(plusMonths(on, 3))];

  // Four face-to-face visits with a value in a calendar year, on different days, the yearly check once; of the first year one for each 91 days.
  const year = on.slice(0, 4);
  const faceToFace = [...before, visit].filter(
    (one) => inShanghai(one.visitedAt).startsWith(year) && one.mode !== 'phone' && onTarget(given, one) !== null,
  );
  const onDays = (exam: boolean) =>
    new Set(faceToFace.filter(({ annualExam }) => annualExam === exam).map((one) => inShanghai(one.visitedAt))).size;
  const wanted = startedOn.startsWith(year) ? Math.min(4, Math.floor((days(startedOn, `${year}-12-31`) + 1) / 91)) : 4;
  const missing = wanted - onDays(false) - Math.min(1, onDays(true));
  if (missing > 0) {
    const latest = workedBy(plusDays(workedBy(`${year}-12-31`, years), -14 * (missing - 1)), years);
    if (days(on, latest) >= 14) asked.push(latest);
  }
  return { class: classOf, action, dueOn: asked.toSorted()[0] as string, inARow };
}
