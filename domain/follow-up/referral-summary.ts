/** What a hospital is told of a person whom a visit refers: every disease that is off target, its values, and since when. */
import type { Words } from '../kit/language.ts';
import { comparatorsOf, type ReadingKind, standardUnits, toStandardUnits, valueText } from '../readings/reading.ts';
import { type LocalDate, localDateOf } from '../time/local-date.ts';
import { isControlled } from './classify.ts';
import { measuredValuesOf } from './measured-values.ts';
import type { Protocol, Target } from './protocol.ts';
import { currentTarget, isOverTarget } from './sheet.ts';
import { type Enrolment, type FollowUpState, protocolOf, type RecordedVisit, visitsOf } from './state.ts';

export interface SummaryValue {
  kind: ReadingKind;
  /** A blood pressure is a text, as `148/92`. */
  value: number | string;
  unit: string;
  /** ISO 8601 */
  measuredAt: string;
  /** Whether it is at or over the target; null for a kind without one. */
  overTarget: boolean | null;
}

export interface SummaryDisease extends Words {
  /** The disease of the protocol. */
  code: string;
  /** The values of its latest visits, the newest first, so that the trend is seen. */
  lastValues: SummaryValue[];
  target: Target;
  /** The day of the first of the visits in a row that are off target; null for a disease that is referred for another reason. */
  offTargetSince: LocalDate | null;
}

export interface ReferralSummary {
  diseases: SummaryDisease[];
  /** Each with its dose, in words. */
  medicines: string[];
  text: string;
}

/** So many visits show where the values go. */
const VISITS_SHOWN = 4;

const diseaseWords: Record<string, Words> = {
  hypertension: { zh: '高血压', en: 'hypertension' },
  diabetes: { zh: '2型糖尿病', en: 'type 2 diabetes' },
};

const kindsOf = ({ classifiedBy }: Protocol): readonly ReadingKind[] =>
  classifiedBy.flatMap((measure): ReadingKind[] =>
    measure === 'blood-pressure' ? ['blood-pressure'] : ['fasting-glucose', 'random-glucose'],
  );

/** Returns every disease that is off target, and that of `referredEnrolmentId` in any case, the latter first. */
export function listDiseasesToTell(state: FollowUpState, referredEnrolmentId: string, at: number): SummaryDisease[] {
  const told = state.enrolments
    .filter(({ status }) => status !== 'ended')
    .map((enrolment) => ({ enrolment, disease: tellDisease(state, enrolment, at) }));
  return told
    .filter(({ enrolment, disease }) => enrolment.id === referredEnrolmentId || disease.offTargetSince !== null)
    .toSorted((a, b) => Number(b.enrolment.id === referredEnrolmentId) - Number(a.enrolment.id === referredEnrolmentId))
    .map(({ disease }) => disease);
}

function tellDisease(state: FollowUpState, enrolment: Enrolment, at: number): SummaryDisease {
  const protocol = protocolOf(state, enrolment);
  const target = currentTarget(state, enrolment, at);
  const latestFirst = visitsOf(state, enrolment.id).toSorted((a, b) => b.visitedAt - a.visitedAt);
  const kinds = kindsOf(protocol);
  const valuesOf = (visit: RecordedVisit) => measuredValuesOf(visit).filter(({ kind }) => kinds.includes(kind));
  return {
    code: protocol.disease,
    ...(diseaseWords[protocol.disease] ?? protocol.title),
    lastValues: latestFirst
      .filter((visit) => valuesOf(visit).length > 0)
      .slice(0, VISITS_SHOWN)
      .flatMap((visit) =>
        valuesOf(visit).map((measured) => ({
          kind: measured.kind,
          value: valueText(toStandardUnits(measured), comparatorsOf(measured)),
          unit: standardUnits[measured.kind],
          measuredAt: new Date(visit.visitedAt).toISOString(),
          overTarget: isOverTarget({ kind: measured.kind, ...toStandardUnits(measured) }, target),
        })),
      ),
    target,
    offTargetSince: findOffTargetSince(state, protocol, latestFirst),
  };
}

/** Visits at which nothing was measured say nothing. */
function findOffTargetSince({ person }: FollowUpState, protocol: Protocol, latestFirst: readonly RecordedVisit[]): LocalDate | null {
  let since: LocalDate | null = null;
  for (const visit of latestFirst) {
    const controlled = isControlled(protocol, person, visit);
    if (controlled === true) break;
    if (controlled === false) since = localDateOf(visit.visitedAt);
  }
  return since;
}

/** The diseases, the medicines and the form of the visit in words, for whoever reads them on paper or in another system. */
export function summaryInWords({ diseases, medicines }: Omit<ReferralSummary, 'text'>, form: string): string {
  return [
    ...diseases.map(diseaseInWords),
    ...(medicines.length > 0 ? [`用药：${medicines.join('、')}`] : []),
    ...(form === '' ? [] : [`随访记录：${form}`]),
  ].join('；');
}

function diseaseInWords({ zh, lastValues, target, offTargetSince }: SummaryDisease): string {
  const values = lastValues.map(({ value, unit, measuredAt }) => `${value} ${unit}（${localDateOf(Date.parse(measuredAt))}）`);
  return [
    offTargetSince === null ? zh : `${zh}自 ${offTargetSince} 起未达标`,
    ...targetInWords(target),
    ...(values.length > 0 ? [`近期 ${values.join('、')}`] : []),
  ].join('，');
}

function targetInWords({ systolic, diastolic, fastingGlucose }: Target): string[] {
  const parts = [
    ...(systolic === null || diastolic === null ? [] : [`血压低于 ${systolic}/${diastolic} mmHg`]),
    ...(fastingGlucose === null ? [] : [`空腹血糖低于 ${fastingGlucose} mmol/L`]),
  ];
  return parts.length > 0 ? [`目标${parts.join('、')}`] : [];
}

/** The medicines of a visit's form: `medications[{name, dose?, timesPerDay?}]` and `insulin{kind, usage?}`. */
export interface FormMedicines {
  medications?: { name: string; dose?: string | null; timesPerDay?: number | null }[] | null;
  insulin?: { kind?: string | null; usage?: string | null } | null;
}

export function medicinesInWords({ medications, insulin }: FormMedicines): string[] {
  return [
    ...(medications ?? []).map(({ name, dose, timesPerDay }) =>
      [name, ...(dose ? [dose] : []), ...(timesPerDay ? [`每日 ${timesPerDay} 次`] : [])].join(' '),
    ),
    ...(insulin?.kind ? [[insulin.kind, ...(insulin.usage ? [insulin.usage] : [])].join(' ')] : []),
  ];
}
