/** Says in Chinese and English what is wrong with a field. Zod has one text for each issue, so both languages travel in it and are taken apart here. */
import { z } from '@hono/zod-openapi';
import type { Words } from '../../domain/kit/errors.ts';

/** No sentence contains this control character. */
const BETWEEN_LANGUAGES = '\u001f';

/** Makes the message of a check of our own, for every place where zod takes one: `.refine(isPossible, toMessage({ zh: '…', en: '…' }))`. */
export const toMessage = ({ zh, en }: Words): string => `${zh}${BETWEEN_LANGUAGES}${en}`;

/** Returns both languages of a message. One that `toMessage` did not make is in one language only, so a general sentence stands in for it. */
export function wordsOf(message: string): Words {
  const [zh, en] = message.split(BETWEEN_LANGUAGES);
  return zh === undefined || en === undefined ? { zh: '不符合要求', en: 'is not as it should be' } : { zh, en };
}

const english = z.locales.en().localeError;

/** The message of an issue whose check has none of its own. Zod gets this function with each value that it checks. */
export function messageOfIssue(issue: z.core.$ZodRawIssue): string {
  const said = english(issue);
  const en = typeof said === 'string' ? said : said?.message;
  return toMessage({ zh: chineseOf(issue), en: en ?? 'Invalid input' });
}

/** Zod has Chinese texts too, but they name the types of JavaScript, which a clinician does not know. */
function chineseOf(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.expected === 'never') return '不得填写';
      return issue.input === undefined ? '必填' : `须为${typeWords[issue.expected] ?? '另一类型的值'}`;
    case 'invalid_value':
      return issue.values.length === 1 ? `须为 ${issue.values.map(String)[0]}` : `须为以下之一：${issue.values.map(String).join('、')}`;
    case 'too_small':
      return limitWordsOf(issue.origin, issue.inclusive === false ? '须大于' : '至少为', '至少', Number(issue.minimum));
    case 'too_big':
      return limitWordsOf(issue.origin, issue.inclusive === false ? '须小于' : '至多为', '至多', Number(issue.maximum));
    case 'not_multiple_of':
      return `须为 ${issue.divisor} 的倍数`;
    case 'invalid_format':
      return formatWords[issue.format] ?? '格式不符';
    case 'unrecognized_keys':
      return '未知字段';
    case 'invalid_key':
      return '字段名不符合要求';
    case 'invalid_element':
      return '其中有不符合要求的值';
    case 'invalid_union':
      return '不是可接受的形式';
    case 'custom':
      return '不符合要求';
  }
}

const typeWords: Record<string, string> = {
  string: '文本',
  number: '数字',
  int: '整数',
  boolean: ' true 或 false',
  array: '列表',
  object: '对象',
  record: '对象',
  null: '空值',
};

const formatWords: Record<string, string> = {
  datetime: '须为时刻，如 2026-03-01T08:00:00Z',
  date: '须为日期，如 1956-03-01',
  uuid: '须为 UUID',
  url: '须为网址',
};

function limitWordsOf(origin: string, ofValues: string, ofCounts: string, limit: number): string {
  switch (origin) {
    case 'string':
      return ofCounts === '至少' && limit === 1 ? '不得为空' : `${ofCounts} ${limit} 个字符`;
    case 'array':
      return `${ofCounts} ${limit} 项`;
    default:
      return `${ofValues} ${limit}`;
  }
}
