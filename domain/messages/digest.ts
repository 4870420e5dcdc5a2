/**
 * The morning digest: one message a person and day in place of one for each routine matter, with counts and a link and no names. Urgent matters call at
 * once and are in no digest. Pure.
 */
import type { Language } from '../kit/language.ts';
import { pathwayKinds, pathwayTexts } from '../kit/registry.ts';
import { toDateWords } from './date-words.ts';
import type { MessageText } from './templates.ts';
import type { MessageTexts } from './wording.ts';

/** Its messages belong to no pathway. */
export const digestTemplate = 'morning-digest';

/**
 * How a message to staff gets into the digest. task: there is a task that says it, and tasks are counted when the digest goes. news: there is none, so the
 * message itself is counted. Undefined for a message that goes at once.
 */
export type DigestPart = 'task' | 'news';

export function findDigestPart(template: string): DigestPart | undefined {
  for (const kind of pathwayKinds) {
    const { digest }: MessageTexts = pathwayTexts[kind].messages;
    if (digest && Object.hasOwn(digest, template)) return digest[template];
  }
  return undefined;
}

/** What is counted when a digest goes. */
export interface DigestCounts {
  /** Open tasks that the person may take, or has taken. */
  open: number;
  /** Of these, the ones whose time is over. */
  overdue: number;
  /** What has changed without asking for a task, since the last digest. */
  news: number;
}

export const isEmptyDigest = ({ open, news }: DigestCounts): boolean => open === 0 && news === 0;

/** Counts as a message's parameters hold them once it was sent; undefined before. */
export function readDigestCounts({ open, overdue, news }: Readonly<Record<string, unknown>>): DigestCounts | undefined {
  return typeof open === 'number' && typeof overdue === 'number' ? { open, overdue, news: typeof news === 'number' ? news : 0 } : undefined;
}

/** `at` is in milliseconds, `link` where the work is done. */
export function renderDigest({ open, overdue, news }: DigestCounts, at: number, link: string, language: Language): MessageText {
  const date = toDateWords(at, language);
  if (language === 'zh') {
    const subject = `${date}早间提要`;
    const tasks = `待办${open}项${overdue > 0 ? `，其中已逾期${overdue}项` : ''}`;
    return { subject, body: `${subject}：${tasks}${news > 0 ? `；另有变化${news}条` : ''}。请登录系统查看：${link}` };
  }
  const subject = `Morning digest of ${date}`;
  const tasks = `${open} open ${open === 1 ? 'task' : 'tasks'}${overdue > 0 ? `, ${overdue} of them overdue` : ''}`;
  return {
    subject,
    body: `${subject}: ${tasks}${news > 0 ? `; ${news} ${news === 1 ? 'change' : 'changes'}` : ''}. Please sign in: ${link}`,
  };
}
