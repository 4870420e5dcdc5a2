/**
 * What a text for residents becomes in every state in which it may be sent, and what the linter says to each. The alliance sees this before it publishes
 * a text, and a test goes through all that are shipped. Pure.
 */
import type { Language, Words } from '../kit/language.ts';
import { type LintCode, lintText, type OwnNames } from './lint-text.ts';
import { fillResidentText, type Place, placeholdersOf, type ResidentFacts, type ResidentText } from './resident-text.ts';

/** What is known of the world when a message is sent: all of it, or less. */
export const textStates = ['everything-known', 'fasting', 'long-names', 'no-address', 'no-telephone', 'nothing-known'] as const;
export type TextState = (typeof textStates)[number];

export const languages: readonly Language[] = ['zh', 'en'];

const centre: Place = {
  name: { zh: '青石社康中心', en: 'Qingshi Community Health Centre' },
  address: { zh: '临澜市青石街道青石路12号', en: '12 Qingshi Road, Linlan' },
  telephone: '010-05550112',
};
const hospital: Place = {
  name: { zh: '临澜市人民医院', en: 'Linlan People’s Hospital' },
  address: { zh: '临澜市人民路100号', en: '100 Renmin Road, Linlan' },
  telephone: '010-05550001',
};
/** As long as they are in real alliances. */
const longCentre: Place = {
  name: { zh: '临澜市工人新村街道社区卫生服务中心', en: 'Gongren Xincun Subdistrict Community Health Centre' },
  address: { zh: '临澜市工人新村街道建设东路1088号工人新村二期裙楼一层', en: 'Ground floor, block 2, 1088 Jianshe East Road, Linlan' },
  telephone: '010-055500128',
};
const longHospital: Place = {
  name: { zh: '临澜市第二人民医院（临澜医学院附属医院）', en: 'Linlan Second People’s Hospital (affiliated with Linlan Medical College)' },
  address: {
    zh: '临澜市东澜区科苑路与学府路交汇处第二人民医院门诊大楼',
    en: 'Main building, corner of Keyuan Road and Xuefu Road, Linlan',
  },
  telephone: '010-055500028',
};

/** Thursday, 3 December 2026, 9:00, and the end of 17 December. */
const everything: ResidentFacts = {
  centre,
  place: hospital,
  number: '1a2b3c4d',
  startsAt: Date.parse('2026-12-03T09:00:00+08:00'),
  dueAt: Date.parse('2026-12-17T23:59:00+08:00'),
  fasting: false,
};

const without = (place: Place, missing: Partial<Place>): Place => ({ ...place, ...missing });

const factsIn: Readonly<Record<TextState, ResidentFacts>> = {
  'everything-known': everything,
  fasting: { ...everything, fasting: true },
  'long-names': {
    ...everything,
    centre: longCentre,
    place: longHospital,
    startsAt: Date.parse('2026-11-25T10:30:00+08:00'),
    fasting: true,
  },
  'no-address': { ...everything, centre: without(centre, { address: null }), place: without(hospital, { address: null }) },
  'no-telephone': { ...everything, centre: without(centre, { telephone: null }), place: without(hospital, { telephone: null }) },
  'nothing-known': { centre: null, place: null, number: null, startsAt: null, dueAt: null, fasting: false },
};

/** The states that make a difference to a template. */
const statesOf = (text: ResidentText): readonly TextState[] =>
  placeholdersOf(text).includes('fasting') ? textStates : textStates.filter((state) => state !== 'fasting');

/** The facts of a state as they are for a template: at its own centre, with a last day in place of an appointment where it has none. */
export function factsFor({ at, duties }: ResidentText, state: TextState): ResidentFacts {
  const facts = factsIn[state];
  return at === 'centre'
    ? { ...facts, place: facts.centre, startsAt: null }
    : duties.includes('date')
      ? facts
      : { ...facts, startsAt: null, dueAt: null };
}

export interface TextPreview {
  language: Language;
  state: TextState;
  text: string;
}

export interface TextFinding {
  code: LintCode;
  language: Language;
  state: TextState;
}

/** Returns what a version of a template's text looks like in every state and language, and what is wrong with it there. */
export function reviewTexts(template: ResidentText, texts: Words, names?: OwnNames): { preview: TextPreview[]; findings: TextFinding[] } {
  const preview: TextPreview[] = [];
  const findings: TextFinding[] = [];
  for (const language of languages) {
    for (const state of statesOf(template)) {
      const facts = factsFor(template, state);
      const text = fillResidentText(texts, facts, language);
      preview.push({ language, state, text });
      const codes = lintText({ text, language, duties: template.duties, facts, ...(names ? { names } : {}) });
      findings.push(...codes.map((code) => ({ code, language, state })));
    }
  }
  return { preview, findings };
}
