/** Who may do what with a discrepancy. */
import type { Policy, Rule } from '../kit/rule.ts';
import { everyPost, forPosts, forReaders, rolesOfPosts, seeingAll } from '../sterile-supply/posts.ts';

/** The posts that may own one; whether this one is theirs is said by the discrepancy itself. */
const forOwners: Rule = { roles: ['head', ...rolesOfPosts('d', 'h')], relation: 'institution', everywhere: seeingAll };

export const discrepancyPolicy = {
  acknowledgeDiscrepancy: forOwners,
  closeDiscrepancy: forPosts('h'),
  createDiscrepancy: {
    roles: everyPost.filter((role) => role !== 'auditor' && role !== 'office'),
    relation: 'institution',
    everywhere: seeingAll,
  },
  getDiscrepancy: forReaders,
  getDiscrepancyTimeline: forReaders,
  investigateDiscrepancy: forOwners,
  listDiscrepancies: forReaders,
  resolveDiscrepancy: forOwners,
} as const satisfies Policy;
