/**
 * Education plans: what a person is to learn in a phase of a protocol. It is handed out when the phase begins, acknowledged, and asked about at the
 * next visit; what was not understood is handed out again.
 */
import type { Cited } from '../kit/citation.ts';

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

/** What a visit found out about a lesson. */
export interface LessonCheck {
  code: string;
  understood: boolean;
}

const buildLesson = (code: string, at: number): Lesson => ({ code, pushedAt: at, acknowledgedAt: null, askedAt: null, understood: null });

/** The lessons with those that the phase brings and that were not handed out before. */
export function withLessonsOfPhase(phase: string, plan: readonly EducationItem[], lessons: readonly Lesson[], at: number): Lesson[] {
  const fresh = plan.filter((item) => (item.phase ?? phase) === phase && !lessons.some(({ code }) => code === item.code));
  return [...lessons, ...fresh.map(({ code }) => buildLesson(code, at))];
}

/** The first acknowledgement counts. */
export const withAcknowledgement = (lessons: readonly Lesson[], code: string, at: number): Lesson[] =>
  lessons.map((lesson) => (lesson.code === code ? { ...lesson, acknowledgedAt: lesson.acknowledgedAt ?? at } : lesson));

/** The lessons after a visit has asked about them. What was not understood is handed out again. */
export function withLessonChecks(lessons: readonly Lesson[], answers: readonly LessonCheck[], at: number): Lesson[] {
  return lessons.map((lesson) => {
    const answer = answers.find(({ code }) => code === lesson.code);
    if (!answer) return lesson;
    const { understood } = answer;
    return understood ? { ...lesson, askedAt: at, understood } : { ...buildLesson(lesson.code, at), askedAt: at, understood };
  });
}

/** What the next visit has to ask about. */
export const lessonsToAsk = (lessons: readonly Lesson[]): Lesson[] => lessons.filter(({ understood }) => understood !== true);

/** The codes of the lessons that were handed out between the two, for the first time or again. */
export const listNewHandouts = (before: readonly Lesson[], after: readonly Lesson[]): string[] =>
  after.filter(({ code, pushedAt }) => before.find((one) => one.code === code)?.pushedAt !== pushedAt).map(({ code }) => code);
