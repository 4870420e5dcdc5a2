/** What a message says beside the words that a referral has members for: diagnoses, allergies, values. It is kept as lines of text, so that nothing is lost. */
import { toShanghaiMinute } from '../../../domain/time/shanghai.ts';
import { countRepetitions, type Message, type Segment, segmentsOf, textAt, valueAt } from '../kit/message.ts';
import { parseTimestamp } from '../kit/timestamps.ts';

/** Each repetition of a coded field that carries a text: the text with its code, or the one that there is. */
export function codedTexts(message: Message, segment: Segment | undefined, field: number): string[] {
  return Array.from({ length: countRepetitions(message, segment, field) }, (_, index) => {
    const at = (component: number) => valueAt(message, segment, { field, repetition: index + 1, component });
    const text = at(2) || at(9) || at(5);
    const code = at(1) || at(4);
    return text !== '' && code !== '' ? `${text} (${code})` : text || code;
  }).filter((text) => text !== '');
}

/** The texts of several places as one, each once. */
export const joinTexts = (texts: readonly string[], separator: string): string => [...new Set(texts.filter(Boolean))].join(separator);

export const notesOf = (message: Message): string =>
  segmentsOf(message, 'NTE')
    .map((nte) => textAt(message, nte, 3))
    .filter(Boolean)
    .join('\n');

/** Diagnoses (DG1), allergies (AL1, IAM) and what the orderer says of the case (OBR-13), a line each. */
export function backgroundLines(message: Message): string[] {
  const labelled = (label: string, texts: readonly string[]) => {
    const text = joinTexts(texts, '，');
    return text === '' ? [] : [`${label}：${text}`];
  };
  const coded = (name: string, fields: readonly number[]) =>
    segmentsOf(message, name).map((segment) => fields.flatMap((field) => codedTexts(message, segment, field)));
  return [
    ...segmentsOf(message, 'OBR').flatMap((obr) => labelled('临床资料', [textAt(message, obr, 13)])),
    ...coded('DG1', [3, 4]).flatMap((texts) => labelled('诊断', texts)),
    ...coded('AL1', [2, 3, 4, 5]).flatMap((texts) => labelled('过敏', texts)),
    ...coded('IAM', [2, 3, 4, 5]).flatMap((texts) => labelled('过敏', texts)),
  ];
}

/** Texts that stand for themselves; every other value is named. */
const isProse = (type: string, code: string, prose: readonly string[]): boolean =>
  type === 'TX' || type === 'FT' || (type === 'ST' && (code === '' || prose.includes(code)));

/** Documents and references to them cannot be kept as text. */
const UNREADABLE = ['ED', 'RP'];

/** The text of a result; undefined where it cannot be kept as one. `prose`: codes of observations whose text needs no name. */
export function resultText(message: Message, obx: Segment, prose: readonly string[]): string | undefined {
  const type = valueAt(message, obx, { field: 2 });
  if (UNREADABLE.includes(type)) return undefined;
  const code = valueAt(message, obx, { field: 3 });
  if (isProse(type, code, prose)) return textAt(message, obx, 5);
  const value = joinTexts(valuesOf(message, obx, type), '，');
  if (value === '') return '';
  const name = valueAt(message, obx, { field: 3, component: 2 }) || valueAt(message, obx, { field: 3, component: 5 }) || code;
  const unit = valueAt(message, obx, { field: 6 });
  const range = textAt(message, obx, 7);
  const flags = codedTexts(message, obx, 8);
  return [
    `${name === '' ? '' : `${name}：`}${value}`,
    ...(unit === '' ? [] : [unit]),
    ...(range === '' ? [] : [`(参考 ${range})`]),
    ...(flags.length === 0 ? [] : [`[${flags.join(' ')}]`]),
    ...measuredWhen(message, obx),
  ].join(' ');
}

/** When the value was observed (OBX-14): the day or the minute, and what is neither as it was written. */
function measuredWhen(message: Message, obx: Segment): string[] {
  const written = valueAt(message, obx, { field: 14 });
  if (written === '') return [];
  if (/^\d{8}$/.test(written)) return [`(测于 ${written.slice(0, 4)}-${written.slice(4, 6)}-${written.slice(6)})`];
  const instant = parseTimestamp(written);
  return [`(测于 ${instant === undefined ? written : toShanghaiMinute(Date.parse(instant))})`];
}

function valuesOf(message: Message, obx: Segment, type: string): string[] {
  switch (type) {
    case 'CE':
    case 'CWE':
    case 'CNE':
    case 'CF':
      return codedTexts(message, obx, 5);
    case 'SN':
      return [[1, 2, 3, 4].map((component) => valueAt(message, obx, { field: 5, component })).join('')];
    default:
      return [textAt(message, obx, 5).replaceAll(message.delimiters.component, ' ').trim()];
  }
}
