/** Who may do what with a recall. */
import type { Policy } from '../kit/rule.ts';
import { forPosts, forReaders } from '../sterile-supply/posts.ts';

/** Which holders somebody speaks for, and which ends are theirs to say, is looked at line by line. */
const forHolders = forPosts('n', 'k', 'v', 'd', 't', 'c', 'r', 'h', 'i');

export const recallPolicy = {
  openRecall: forPosts('h', 'i'),
  listRecalls: forReaders,
  getRecall: forReaders,
  getRecallTimeline: forReaders,
  listRecallLines: forReaders,
  acknowledgeRecall: forHolders,
  accountRecall: forHolders,
  recordRecallCause: forPosts('h', 'i'),
  recordRecallReport: forPosts('h', 'i'),
  signRecall: forPosts('h', 'i'),
} as const satisfies Policy;
