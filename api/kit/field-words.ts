/** Says in Chinese and English what is wrong with a field. Zod has one text for each issue, so both languages travel in it and are taken apart here. */
import type { z } from '@hono/zod-openapi';
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

/** The message of an issue whose check has none of its own. Zod gets this function with each value that it checks. */
export const messageOfIssue = (issue: z.core.$ZodRawIssue): string => toMessage(wordsOfIssue(issue));

/** Zod has texts of its own, but they name the types of JavaScript ("expected never"), which a clinician does not know. */
function wordsOfIssue(issue: z.core.$ZodRawIssue): Words {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.expected === 'never') return { zh: '不得填写', en: 'may not be given' };
      if (issue.input === undefined) return { zh: '必填', en: 'is needed' };
      return wrongType(typeWords[issue.expected]);
    case 'invalid_value': {
      const values = issue.values.map(String);
      return values.length === 1
        ? { zh: `须为 ${values[0]}`, en: `must be ${values[0]}` }
        : { zh: `须为以下之一：${values.join('、')}`, en: `must be one of: ${values.join(', ')}` };
    }
    case 'too_small':
      return limitWordsOf(issue.origin, issue.inclusive === false ? above : atLeast, atLeast, Number(issue.minimum));
    case 'too_big':
      return limitWordsOf(issue.origin, issue.inclusive === false ? below : atMost, atMost, Number(issue.maximum));
    case 'not_multiple_of':
      return { zh: `须为 ${issue.divisor} 的倍数`, en: `must be a multiple of ${issue.divisor}` };
    case 'invalid_format':
      return formatWords[issue.format] ?? { zh: '格式不符', en: 'is not of the form that is needed' };
    case 'unrecognized_keys':
      return { zh: '未知字段', en: 'unknown field' };
    case 'invalid_key':
      return { zh: '字段名不符合要求', en: 'has a name that is not as it should be' };
    case 'invalid_element':
      return { zh: '其中有不符合要求的值', en: 'has a value that is not as it should be' };
    case 'invalid_union':
      return { zh: '不是可接受的形式', en: 'is in no form that is taken here' };
    case 'custom':
      return { zh: '不符合要求', en: 'is not as it should be' };
  }
}

const wrongType = (type: Words | undefined): Words =>
  type ? { zh: `须为${type.zh}`, en: `must be ${type.en}` } : { zh: '须为另一类型的值', en: 'must be a value of another kind' };

const object: Words = { zh: '对象', en: 'an object' };
const typeWords: Record<string, Words> = {
  string: { zh: '文本', en: 'a text' },
  number: { zh: '数字', en: 'a number' },
  int: { zh: '整数', en: 'a whole number' },
  boolean: { zh: ' true 或 false', en: 'true or false' },
  array: { zh: '列表', en: 'a list' },
  object,
  record: object,
  null: { zh: '空值', en: 'empty (null)' },
};

const formatWords: Record<string, Words> = {
  datetime: { zh: '须为时刻，如 2026-03-01T08:00:00Z', en: 'must be an instant such as 2026-03-01T08:00:00Z' },
  date: { zh: '须为日期，如 1956-03-01', en: 'must be a date such as 1956-03-01' },
  uuid: { zh: '须为 UUID', en: 'must be a UUID' },
  url: { zh: '须为网址', en: 'must be a web address' },
};

/** Of a number, and of how many there are of something. */
interface LimitWords {
  value: Words;
  count: Words;
}
const atLeast: LimitWords = { value: { zh: '至少为', en: 'must be at least' }, count: { zh: '至少', en: 'needs at least' } };
const atMost: LimitWords = { value: { zh: '至多为', en: 'must be at most' }, count: { zh: '至多', en: 'may have at most' } };
const above: LimitWords = { ...atLeast, value: { zh: '须大于', en: 'must be more than' } };
const below: LimitWords = { ...atMost, value: { zh: '须小于', en: 'must be less than' } };

function limitWordsOf(origin: string, { value }: LimitWords, { count }: LimitWords, limit: number): Words {
  const isOne = limit === 1;
  switch (origin) {
    case 'string':
      return count === atLeast.count && isOne
        ? { zh: '不得为空', en: 'may not be empty' }
        : { zh: `${count.zh} ${limit} 个字符`, en: `${count.en} ${limit} character${isOne ? '' : 's'}` };
    case 'array':
      return { zh: `${count.zh} ${limit} 项`, en: `${count.en} ${limit} item${isOne ? '' : 's'}` };
    default:
      return { zh: `${value.zh} ${limit}`, en: `${value.en} ${limit}` };
  }
}
