/**
 * Education plans: what a person is to learn in a phase of a protocol. It is handed out when the phase begins, acknowledged, and asked about at the
 * next visit; what was not understood is handed out again.
 */
import type { Cited } from './protocol.ts';

export interface EducationItem extends Cited {
  code: string;
  title: { zh: string; en: string };
  /** of the protocol; undefined: with the enrolment */
  phase?: string | undefined;
}

/** A piece of a plan, as far as it has come with a person. */
export interface Lesson {
  code: string;
  pushedAt: number;
  acknowledgedAt: number | null;
  askedAt: number | null;
  /** what the person could say of it when asked; null: not asked yet */
  understood: boolean | null;
}

/** What was asked about at a visit. */
export interface Asked {
  code: string;
  understood: boolean;
}

const pushed = (code: string, at: number): Lesson => ({ code, pushedAt: at, acknowledgedAt: null, askedAt: null, understood: null });

/** With what the phase brings that was not handed out before. */
export function lessonsIn(phase: string, plan: readonly EducationItem[], lessons: readonly Lesson[], at: number): Lesson[] {
  const fresh = plan.filter((item) => (item.phase ?? phase) === phase && !lessons.some(({ code }) => code === item.code));
  return [...lessons, ...fresh.map(({ code }) => pushed(code, at))];
}

export const acknowledged = (lessons: readonly Lesson[], code: string, at: number): Lesson[] =>
  lessons.map((lesson) => (lesson.code === code ? { ...lesson, acknowledgedAt: lesson.acknowledgedAt ?? at } : lesson));

/** Who could not say it gets it again. */
export function askedAbout(lessons: readonly Lesson[], answers: readonly Asked[], at: number): Lesson[] {
  return lessons.map((lesson) => {
    const answer = answers.find(({ code }) => code === lesson.code);
    if (!answer) return lesson;
    const { understood } = answer;
    return understood ? { ...lesson, askedAt: at, understood } : { ...pushed(lesson.code, at), askedAt: at, understood };
  });
}

/** What the next visit has to ask about. */
export const toAsk = (lessons: readonly Lesson[]): Lesson[] => lessons.filter(({ understood }) => understood !== true);

export const handedOut = (before: readonly Lesson[], after: readonly Lesson[]): string[] =>
  after.filter(({ code, pushedAt }) => before.find((one) => one.code === code)?.pushedAt !== pushedAt).map(({ code }) => code);
