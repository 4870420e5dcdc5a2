/** Who may do what with rounds and their stops. */
import type { Policy } from '../kit/rule.ts';
import { forPosts, forReaders } from '../sterile-supply/posts.ts';

export const supplyRoundPolicy = {
  planRounds: forPosts('d'),
  createRound: forPosts('d'),
  listRounds: forReaders,
  getRound: forReaders,
  getRoundTimeline: forReaders,
  confirmRound: forPosts('d'),
  allocateRound: forPosts('d'),
  addStop: forPosts('d'),
  moveStop: forPosts('d'),
  issueVoiceCode: forPosts('d'),
  cancelRound: forPosts('d'),
  closeRound: forPosts('d'),
  consignPacks: forPosts('t'),
  takePacksOff: forPosts('t'),
  completeLoading: forPosts('t'),
  departRound: forPosts('v', 'k'),
  returnRound: forPosts('v', 'k'),
  breakDownRound: forPosts('v', 'k'),
  transferRound: forPosts('d', 'k'),
  abortRound: forPosts('d', 'k'),
  handOverRound: forPosts('t'),
  getRoundBundle: forPosts('k', 'v', 'd', 't'),
  listStops: forReaders,
  getStop: forReaders,
  failStop: forPosts('k', 'd'),
  recordStopStep: forPosts('k', 'n'),
} as const satisfies Policy;
