/** Who may do what with sterilisers, their loads and the indicators in them. */
import type { Policy } from '../kit/rule.ts';
import { forPosts, forReaders } from '../sterile-supply/posts.ts';

export const steriliserLoadPolicy = {
  createSteriliser: forPosts('h'),
  listSterilisers: forReaders,
  getSteriliser: forReaders,
  takeOutSteriliser: forPosts('h'),
  beginRequalification: forPosts('h'),
  returnSteriliserToService: forPosts('h'),
  retireSteriliser: forPosts('h'),
  createBowieDickTest: forPosts('t'),
  listBowieDickTests: forReaders,
  getBowieDickTest: forReaders,
  createLoad: forPosts('t'),
  listLoads: forReaders,
  getLoad: forReaders,
  getLoadTimeline: forReaders,
  changeLoadPacks: forPosts('t'),
  startLoad: forPosts('t'),
  endLoad: forPosts('t'),
  abortLoad: forPosts('t'),
  unloadLoad: forPosts('t'),
  releaseLoad: forPosts('r'),
  rejectLoad: forPosts('r'),
  reviewLoad: forPosts('h'),
  emergencyReleaseLoad: forPosts('h'),
  listLoadIndicators: forReaders,
  getLoadIndicator: forReaders,
  incubateLoadIndicator: forPosts('t', 'r'),
  readLoadIndicator: forPosts('r'),
  correctLoadIndicator: forPosts('h'),
} as const satisfies Policy;
