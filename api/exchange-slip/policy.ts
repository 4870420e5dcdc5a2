/** Who may do what with an exchange slip. */
import type { Policy } from '../kit/rule.ts';
import { forPosts, forReaders } from '../sterile-supply/posts.ts';

export const exchangeSlipPolicy = {
  amendSlip: forPosts('n'),
  cancelSlip: forPosts('n'),
  countSlip: forPosts('t'),
  createSlip: forPosts('n', 'd'),
  getSlip: forReaders,
  getSlipTimeline: forReaders,
  listSlips: forReaders,
  submitSlip: forPosts('n'),
} as const satisfies Policy;
