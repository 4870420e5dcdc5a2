/**
 * The morning digest: one message a person and day in place of one for each routine matter, with counts and a link and no names. Urgent matters call at
 * once and are in no digest. Pure.
 */
import type { Language, Words } from '../kit/language.ts';
import { pathwayKinds, pathwayTexts } from '../kit/registry.ts';
import { toDateWords } from './date-words.ts';
import { taskTitleOf } from './task-title.ts';
import type { MessageText } from './templates.ts';
import type { DigestPart, MessageTexts } from './wording.ts';

/** Its messages belong to no pathway. */
export const digestTemplate = 'morning-digest';

/** Returns how a message gets into the digest; undefined for one that goes at once. */
export function findDigestPart(template: string): DigestPart | undefined {
  for (const kind of pathwayKinds) {
    const { digest }: MessageTexts = pathwayTexts[kind].messages;
    if (digest && Object.hasOwn(digest, template)) return digest[template];
  }
  return undefined;
}

/** What is counted when a digest goes. */
export interface DigestCounts {
  /** The tasks that the person's worklist shows. */
  open: number;
  /** Of these, the ones whose time is over. */
  overdue: number;
  /** How many of them there are of each name. */
  kinds: Readonly<Record<string, number>>;
  /** What has changed without asking for a task, since the last digest. */
  news: number;
}

export const isEmptyDigest = ({ open, news }: DigestCounts): boolean => open === 0 && news === 0;

const KIND = 'kind:';

/** Counts in the form of a message's parameters, which hold them once it was sent. */
export const toDigestParameters = ({ kinds, ...counts }: DigestCounts): Record<string, number> => ({
  ...counts,
  ...Object.fromEntries(Object.entries(kinds).map(([name, count]) => [KIND + name, count])),
});

/** Returns the counts of a digest that was sent; undefined before. */
export function readDigestCounts(parameters: Readonly<Record<string, unknown>>): DigestCounts | undefined {
  const { open, overdue } = parameters;
  if (typeof open !== 'number' || typeof overdue !== 'number') return undefined;
  const kinds = Object.entries(parameters).flatMap(([name, count]) =>
    name.startsWith(KIND) && typeof count === 'number' ? [[name.slice(KIND.length), count] as const] : [],
  );
  return { open, overdue, news: readNews(parameters), kinds: Object.fromEntries(kinds) };
}

export const readNews = ({ news }: Readonly<Record<string, unknown>>): number => (typeof news === 'number' ? news : 0);

/** A digest names so many kinds of tasks, which fit into one text message. */
const MOST_KINDS = 4;

/** `at` is in milliseconds, `link` where the work is done. */
export function renderDigest({ open, overdue, news, kinds }: DigestCounts, at: number, link: string, language: Language): MessageText {
  const date = toDateWords(at, language);
  const named = Object.entries(kinds)
    .sort(([one, a], [other, b]) => b - a || (one < other ? -1 : 1))
    .slice(0, MOST_KINDS)
    .map(([name, count]) => ({ title: titleOf(name)[language], count }));
  if (language === 'zh') {
    const subject = `${date}早间提要`;
    const detail = named.length > 0 ? `（${named.map(({ title, count }) => `${title}${count}`).join('、')}）` : '';
    const tasks = `待办${open}项${detail}${overdue > 0 ? `，其中已逾期${overdue}项` : ''}`;
    return { subject, body: `${subject}：${tasks}${news > 0 ? `；另有变化${news}条` : ''}。请登录系统查看：${link}` };
  }
  const subject = `Morning digest of ${date}`;
  const detail = named.length > 0 ? ` (${named.map(({ title, count }) => `${title}: ${count}`).join('; ')})` : '';
  const tasks = `${open} open ${open === 1 ? 'task' : 'tasks'}${detail}${overdue > 0 ? `, ${overdue} of them overdue` : ''}`;
  return {
    subject,
    body: `${subject}: ${tasks}${news > 0 ? `; ${news} ${news === 1 ? 'change' : 'changes'}` : ''}. Please sign in: ${link}`,
  };
}

/** Tasks of one name have one title in all pathways that have them. */
function titleOf(name: string): Words {
  const kind = pathwayKinds.find((one) => Object.hasOwn(pathwayTexts[one].tasks, name));
  return taskTitleOf(kind ?? '', name);
}
