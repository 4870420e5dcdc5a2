/**
 * The linter of texts for residents. A text is read on a lock screen, by whoever lies next to the telephone, and passes through others' servers: it must
 * not say what somebody has, which department treats them, who they are or what was measured. And somebody has to be able to act on it: it says where,
 * when and whom to call, as far as that is known. Pure.
 */
import type { Language } from '../kit/language.ts';
import { placeholderValues, type ResidentFacts, type TextDuty } from './resident-text.ts';
import { familyNames, namesDisease, namesKnownDepartment } from './sensitive-words.ts';

export const lintCodes = [
  'missing-place',
  'missing-date',
  'missing-contact',
  'names-disease',
  'names-department',
  'names-person',
  'names-value',
  'too-long',
] as const;
export type LintCode = (typeof lintCodes)[number];

/** With one of these a text gives somebody away, so it must not go out at all. */
export const privacyCodes: readonly LintCode[] = ['names-disease', 'names-department', 'names-person', 'names-value'];

/** In characters. A long text is sent in parts of 67 (GB 18030 and UCS-2) and paid by part: 4 parts in Chinese, 8 in English, which says the same at twice the length. */
export const longestText: Readonly<Record<Language, number>> = { zh: 4 * 67, en: 8 * 67 };

/** Names of departments and of people that this alliance has. They are looked for as they stand, beside what everybody knows. */
export interface OwnNames {
  departments: readonly string[];
  people: readonly string[];
}

const noOwnNames: OwnNames = { departments: [], people: [] };

export interface TextToLint {
  /** As it is sent. */
  text: string;
  language: Language;
  duties: readonly TextDuty[];
  /** What the text was filled in with: it owes no more than what is known. */
  facts: ResidentFacts;
  /** Of a text of several parts, what the other parts were filled in with. */
  otherFacts?: readonly ResidentFacts[];
  names?: OwnNames;
}

/** Returns what is wrong with a text, each code once, in the order of `lintCodes`. */
export function lintText({ text, language, duties, facts, otherFacts = [], names = noOwnNames }: TextToLint): LintCode[] {
  const own = [facts, ...otherFacts].reduce((rest, each) => withoutFacts(rest, each, language), text);
  const found: Record<LintCode, boolean> = {
    'missing-place': duties.includes('place') && !namesPlace(text, facts, language),
    'missing-date': duties.includes('date') && !namesDate(text, facts, language),
    'missing-contact':
      (duties.includes('contact') && !namesContact(text, facts)) || (duties.includes('emergency-number') && !hasNumber(text, '120')),
    'names-disease': namesDisease(text),
    'names-department': namesDepartment(text, own, names.departments),
    'names-person': namesPerson(own, names.people),
    'names-value': namesValue(own),
    'too-long': [...text].length > longestText[language],
  };
  return lintCodes.filter((code) => found[code]);
}

/** The text without what it was filled in with, so that a telephone number is no measured value and a street no department. */
function withoutFacts(text: string, facts: ResidentFacts, language: Language): string {
  const values = Object.values(placeholderValues({ ...facts, fasting: false }, language)).filter((value) => value !== undefined);
  return values
    .filter((value) => value !== '')
    .sort((a, b) => b.length - a.length)
    .reduce((rest, value) => rest.replaceAll(value, '◇'), text);
}

function namesPlace(text: string, facts: ResidentFacts, language: Language): boolean {
  const { place } = facts;
  if (place === null) return true;
  const { place: name } = placeholderValues(facts, language);
  return (name === undefined || text.includes(name)) && (place.address === null || text.includes(place.address[language]));
}

const namesDate = (text: string, facts: ResidentFacts, language: Language): boolean => {
  const { date } = placeholderValues(facts, language);
  return date === undefined || text.includes(date);
};

/** Whom to call: the centre, or whoever is to be visited. */
function namesContact(text: string, { centre, place }: ResidentFacts): boolean {
  const telephones = [centre, place].flatMap((one) => one?.telephone ?? []);
  return telephones.length === 0 || telephones.some((telephone) => text.includes(telephone));
}

const hasNumber = (text: string, number: string): boolean => new RegExp(`(?<!\\d)${number}(?!\\d)`).test(text);

/** 心内科 gives away; 全科 (general practice), 急诊科 (where an emergency goes) and words such as 科学 do not. */
const anyDepartment = /(?<=[\u4e00-\u9fff])(?<![全诊本专百文])科(?![学室技普目研教])/;

function namesDepartment(text: string, own: string, departments: readonly string[]): boolean {
  if (namesKnownDepartment(text)) return true;
  if (anyDepartment.test(own) || /\b(?:department|clinic|ward) (?:of|for)\b/i.test(own)) return true;
  return departments.some((name) => !isHarmlessDepartment(name) && own.includes(name));
}

/** Everybody goes to these. */
const isHarmlessDepartment = (name: string): boolean => /^(?:全科|急诊科?|General practice|Emergency)$/i.test(name);

const chineseTitle = new RegExp(
  `[${familyNames}][\\u4e00-\\u9fff]{0,2}(?:先生|女士|小姐|医生|医师|大夫|主任|护士|院长|书记|老师|同志|阿姨|大爷|大妈|叔叔|爷爷|奶奶)`,
);
const englishTitle = /\b(?:Mr|Mrs|Ms|Miss|Dr|Doctor|Prof|Professor|Nurse)\b\.?\s+[A-Z][a-z]+/;

const namesPerson = (own: string, people: readonly string[]): boolean =>
  chineseTitle.test(own) || englishTitle.test(own) || people.some((name) => [...name].length > 1 && own.includes(name));

const measured = [
  // A number with a unit in which something is measured or taken.
  /\d\s*(?:mm\s?hg|毫米汞柱|千帕|kpa|mmol|毫摩尔|mg|毫克|微克|µg|ug|kg|公斤|千克|斤|bpm|次\/分|iu|单位|片|粒|℃|°c|%|％)/i,
  // A pressure.
  /(?<![\d:/-])\d{2,3}\s*[/／]\s*\d{2,3}(?![\d:/-])/,
  // A number with a decimal point that is no time, no date and no telephone number.
  /(?<![\d.:-])\d{1,3}[.．]\d{1,2}(?![\d.:-])/,
  /(?:结果|数值|指标|测得|读数)[^。；，\n]{0,6}\d/,
  /\b(?:result|reading|value|level)s?\b[^.;,\n]{0,12}\d/i,
];

const namesValue = (own: string): boolean => measured.some((pattern) => pattern.test(own));
