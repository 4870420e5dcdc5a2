/** The linter of lessons. A lesson speaks of a disease and of values, because it is handed over and not read on a lock screen; but it is about nobody in particular. Pure. */
import type { Language, Words } from '../kit/language.ts';
import { type LintCode, lintText, type OwnNames } from './lint-text.ts';
import type { ResidentFacts } from './resident-text.ts';

/** What a text for everybody must not say. */
export const lessonCodes = ['names-person'] as const satisfies readonly LintCode[];

export interface LessonFinding {
  code: (typeof lessonCodes)[number];
  language: Language;
}

const nothingFilledIn: ResidentFacts = { centre: null, place: null, number: null, startsAt: null, dueAt: null, fasting: false };

/** Returns what is wrong with the body of a lesson, each code once for each language. */
export function lintLesson(body: Words, names: OwnNames): LessonFinding[] {
  return (['zh', 'en'] as const).flatMap((language) => {
    const found = lintText({ text: body[language], language, duties: [], facts: nothingFilledIn, names });
    return lessonCodes.filter((code) => found.includes(code)).map((code) => ({ code, language }));
  });
}
