/**
 * An education plan holds what a person is to learn in each phase of a protocol. A lesson is handed out when its phase begins, is acknowledged, and is
 * asked about at the next visit. It is handed out again when the person has not understood it.
 */
import type { Cited } from '../kit/citation.ts';

export interface EducationItem extends Cited {
  code: string;
  title: { zh: string; en: string };
  /** The phase of the protocol with which the lesson is handed out; undefined when that is the enrolment. */
  phase?: string | undefined;
}

/** An item of a plan that was handed out to a person, with what has happened since. */
export interface Lesson {
  code: string;
  pushedAt: number;
  acknowledgedAt: number | null;
  askedAt: number | null;
  /** True when the person could explain the lesson at a visit; null until a visit has asked. */
  understood: boolean | null;
}

/** The answer to the question of a visit about one lesson. */
export interface LessonCheck {
  code: string;
  understood: boolean;
}

const buildLesson = (code: string, at: number): Lesson => ({ code, pushedAt: at, acknowledgedAt: null, askedAt: null, understood: null });

/** Returns the lessons, with those of the phase that were not handed out before. */
export function withLessonsOfPhase(phase: string, plan: readonly EducationItem[], lessons: readonly Lesson[], at: number): Lesson[] {
  const fresh = plan.filter((item) => (item.phase ?? phase) === phase && !lessons.some(({ code }) => code === item.code));
  return [...lessons, ...fresh.map(({ code }) => buildLesson(code, at))];
}

/** Returns the lessons with one of them acknowledged. The first acknowledgement counts. */
export const withAcknowledgement = (lessons: readonly Lesson[], code: string, at: number): Lesson[] =>
  lessons.map((lesson) => (lesson.code === code ? { ...lesson, acknowledgedAt: lesson.acknowledgedAt ?? at } : lesson));

/** Returns the lessons after a visit has asked about them. One that was not understood is handed out again. */
export function withLessonChecks(lessons: readonly Lesson[], answers: readonly LessonCheck[], at: number): Lesson[] {
  return lessons.map((lesson) => {
    const answer = answers.find(({ code }) => code === lesson.code);
    if (!answer) return lesson;
    const { understood } = answer;
    return understood ? { ...lesson, askedAt: at, understood } : { ...buildLesson(lesson.code, at), askedAt: at, understood };
  });
}

/** Returns the lessons that the next visit has to ask about. */
export const lessonsToAsk = (lessons: readonly Lesson[]): Lesson[] => lessons.filter(({ understood }) => understood !== true);

/** Returns the codes of the lessons that were handed out between the two lists, for the first time or again. */
export const listNewHandouts = (before: readonly Lesson[], after: readonly Lesson[]): string[] =>
  after.filter(({ code, pushedAt }) => before.find((one) => one.code === code)?.pushedAt !== pushedAt).map(({ code }) => code);
