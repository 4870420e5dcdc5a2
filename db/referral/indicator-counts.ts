/** What referrals count, added up over institutions and months. */
import type { AnswerTimesByUrgency } from './answer-times.ts';
import type { Outcomes, Received } from './indicators.ts';

export const nothingSent: Outcomes = { referrals: 0, arrived: 0, completed: 0, closedLoops: 0, noShows: 0, cancelled: 0, expired: 0 };
const noAnswers = { count: 0, medianSeconds: null, p90Seconds: null };
export const nothingReceived: Received = {
  ...nothingSent,
  answers: { urgent: noAnswers, 'same-day': noAnswers, routine: noAnswers },
  sla: { kept: 0, decided: 0 },
  firstFollowUps: { kept: 0, decided: 0 },
};

const addOutcomes = (a: Outcomes, b: Outcomes): Outcomes => ({
  referrals: a.referrals + b.referrals,
  arrived: a.arrived + b.arrived,
  completed: a.completed + b.completed,
  closedLoops: a.closedLoops + b.closedLoops,
  noShows: a.noShows + b.noShows,
  cancelled: a.cancelled + b.cancelled,
  expired: a.expired + b.expired,
});

export const sumOfSent = (counts: readonly Outcomes[]): Outcomes => counts.reduce(addOutcomes, nothingSent);

/** `answers`: the times of all of them together, which are no sum of the times of each. */
export function sumOfReceived(counts: readonly Received[], answers: AnswerTimesByUrgency = {}): Received {
  const sumOf = (part: 'sla' | 'firstFollowUps') => ({
    kept: counts.reduce((sum, one) => sum + one[part].kept, 0),
    decided: counts.reduce((sum, one) => sum + one[part].decided, 0),
  });
  return {
    ...counts.reduce<Outcomes>(addOutcomes, nothingSent),
    answers: { ...nothingReceived.answers, ...answers },
    sla: sumOf('sla'),
    firstFollowUps: sumOf('firstFollowUps'),
  };
}
