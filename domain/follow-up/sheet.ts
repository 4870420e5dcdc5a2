/** The words of the sheet for a visit or a call: what has to be known first, and what to ask, by what is due. */
import type { Words } from '../kit/language.ts';
import type { ReadingKind, StandardValues } from '../readings/reading.ts';
import type { LocalDate } from '../time/local-date.ts';
import { targetOf } from './classify.ts';
import { itemsDue } from './items.ts';
import { measuredValuesOf } from './measured-values.ts';
import type { Target } from './protocol.ts';
import { type Enrolment, type FollowUpState, lessonsOf, protocolOf, visitsOf } from './state.ts';

export interface SheetLine extends Words {
  code: string;
}

const alertWords = {
  died: { zh: '居民已去世', en: 'the resident has died' },
  'reported-dead': { zh: '有人报告居民已去世，待核实', en: 'somebody has said that the resident has died; it is to be confirmed' },
  'crisis-value': { zh: '有危急值待处理', en: 'a crisis value waits to be dealt with' },
  'referral-to-send': { zh: '有紧急转诊草稿待医生发出', en: 'an urgent referral is a draft that a doctor has to send' },
  'referral-open': { zh: '有未结束的转诊', en: 'a referral is open' },
  'visit-overdue': { zh: '随访已逾期', en: 'the visit is overdue' },
  'off-target': { zh: '上次随访未达标', en: 'the last visit was off target' },
  'high-risk': { zh: '高风险', en: 'high risk' },
  pregnant: { zh: '妊娠或哺乳期', en: 'pregnant or lactating' },
  paused: { zh: '随访已暂停', en: 'follow-up is paused' },
  'no-phone': { zh: '没有可用的电话', en: 'there is no telephone to reach them' },
} as const satisfies Record<string, Words>;

export type AlertCode = keyof typeof alertWords;
export const toAlert = (code: AlertCode): SheetLine => ({ code, ...alertWords[code] });

/** What the follow-up itself warns of, the weightiest first. */
export function alertsOf(state: FollowUpState): AlertCode[] {
  const open = state.enrolments.filter(({ status }) => status !== 'ended');
  const isUrgentDraft = state.episodes.some(({ rule }) => rule === 'urgent-referral-to-send');
  const tier = state.risk && (state.risk.set ?? state.risk.scored);
  return [
    ...(isUrgentDraft ? (['referral-to-send'] as const) : []),
    ...(state.plan?.stage === 'overdue' ? (['visit-overdue'] as const) : []),
    ...(open.some(({ last }) => last?.controlled === false) ? (['off-target'] as const) : []),
    ...(tier === 'high' ? (['high-risk'] as const) : []),
    ...(state.person.pregnant ? (['pregnant'] as const) : []),
    ...(open.some(({ status }) => status === 'paused') ? (['paused'] as const) : []),
  ];
}

const questions = {
  identity: { zh: '核对姓名与出生日期', en: 'Ask for the name and the date of birth' },
  symptoms: {
    zh: '询问有无不适：头痛头晕、胸闷心悸、视物模糊等',
    en: 'Ask how they feel: headache, dizziness, chest tightness, blurred sight',
  },
  'home-values': { zh: '询问近期自测的血压、血糖', en: 'Ask for blood pressure and glucose that they took at home' },
  medicines: { zh: '询问用药是否规律、有无不良反应', en: 'Ask whether the medicines are taken, and about reactions to them' },
  referral: { zh: '询问转诊后是否就诊、结果如何', en: 'Ask whether they went where they were referred, and what came of it' },
  next: { zh: '约定下次随访日期', en: 'Agree on the date of the next visit' },
} as const satisfies Record<string, Words>;

/**
 * What to ask, in the order of the conversation: who it is, how they are, what is due, what was taught, when they come next. `versionOf` gives the version
 * of a lesson that they were given.
 */
export function scriptOf(state: FollowUpState | undefined, on: LocalDate, versionOf: (lesson: LessonToAsk) => number): SheetLine[] {
  const line = (code: keyof typeof questions): SheetLine => ({ code, ...questions[code] });
  const active = state?.enrolments.filter(({ status }) => status === 'active') ?? [];
  const due = state
    ? active.flatMap((enrolment) => itemsDue(protocolOf(state, enrolment), enrolment.phase, visitsOf(state, enrolment.id), on))
    : [];
  const items = new Map(due.map(({ code, title }) => [code, { code: `item-${code}`, ...title }]));
  const lessons = state
    ? lessonsToAsk(state).map((lesson) => ({
        code: `lesson-${lesson.code}`,
        zh: `复述：${lesson.title.zh}（材料第${versionOf(lesson)}版）`,
        en: `Let them explain: ${lesson.title.en} (version ${versionOf(lesson)} of the text)`,
      }))
    : [];
  return [
    line('identity'),
    line('symptoms'),
    line('home-values'),
    ...(active.length > 0 ? [line('medicines')] : []),
    ...(state?.referrals.some(({ reviewedAt }) => reviewedAt === null) ? [line('referral')] : []),
    ...items.values(),
    ...lessons,
    ...(active.length > 0 ? [line('next')] : []),
  ];
}

export interface LessonToAsk {
  enrolmentId: string;
  code: string;
  title: Words;
  handedOutAt: number;
  acknowledgedAt: number | null;
}

/** Returns the lessons that were handed out and not understood yet. */
export const lessonsToAsk = (state: FollowUpState): LessonToAsk[] =>
  state.enrolments
    .filter(({ status }) => status !== 'ended')
    .flatMap((enrolment) =>
      lessonsOf(enrolment)
        .filter(({ understood }) => understood !== true)
        .map(({ code, pushedAt, acknowledgedAt }) => ({
          enrolmentId: enrolment.id,
          code,
          title: state.education[enrolment.protocol]?.find((item) => item.code === code)?.title ?? { zh: code, en: code },
          handedOutAt: pushedAt,
          acknowledgedAt,
        })),
    );

/** Returns the target of an enrolment on a day. */
export function currentTarget(state: FollowUpState, enrolment: Enrolment, at: number): Target {
  const { systolic, diastolic, fastingGlucose } = targetOf(protocolOf(state, enrolment), state.person, at).band;
  return { systolic, diastolic, fastingGlucose };
}

/** Returns the strictest of several targets, each value for itself. */
export function strictestTarget(targets: readonly Target[]): Target {
  const least = (values: readonly (number | null)[]): number | null => {
    const known = values.filter((value) => value !== null);
    return known.length > 0 ? Math.min(...known) : null;
  };
  return {
    systolic: least(targets.map(({ systolic }) => systolic)),
    diastolic: least(targets.map(({ diastolic }) => diastolic)),
    fastingGlucose: least(targets.map(({ fastingGlucose }) => fastingGlucose)),
  };
}

/** Says whether a value is over its target, which one at its target is too, as a visit is judged; null for a kind without a target. */
export function isOverTarget({ kind, systolic, diastolic, value }: StandardValues & { kind: ReadingKind }, target: Target): boolean | null {
  const pairs: [number | null, number | null][] =
    kind === 'blood-pressure'
      ? [
          [systolic, target.systolic],
          [diastolic, target.diastolic],
        ]
      : kind === 'fasting-glucose'
        ? [[value, target.fastingGlucose]]
        : [];
  const held = pairs.flatMap(([measured, limit]) => (measured === null || limit === null ? [] : [measured >= limit]));
  return held.length === 0 ? null : held.some((over) => over);
}

/** Returns the values that were measured at the latest visits, the newest of each kind. */
export function lastMeasured(state: FollowUpState): { measured: ReturnType<typeof measuredValuesOf>[number]; at: number }[] {
  const newest = new Map<string, { measured: ReturnType<typeof measuredValuesOf>[number]; at: number }>();
  for (const visit of state.visits.toSorted((a, b) => a.visitedAt - b.visitedAt))
    for (const measured of measuredValuesOf(visit)) newest.set(measured.kind, { measured, at: visit.visitedAt });
  return [...newest.values()];
}
