/** Follow-up counted by the definitions alone, person by person: who was managed, who owed how many visits, who kept what. It knows no sums and no SQL. */
import type { FollowUpCounts } from '../../../db/follow-up/indicator-counts.ts';
import { addDays, addMonths, daysBetween, localDateOf } from '../../../domain/time/local-date.ts';
import type { StoredFollowUp } from '../builders/follow-up-rows.ts';

const nothing = (): FollowUpCounts => ({
  managed: 0,
  perSpecification: { kept: 0, decided: 0 },
  payment: { kept: 0, decided: 0 },
  clinical: { kept: 0, decided: 0 },
  enrolled: 0,
  visits: 0,
  faceToFace: 0,
  inTime: 0,
  late: 0,
  expired: 0,
  open: 0,
  referrals: 0,
  sent: 0,
  arrived: 0,
  lost: 0,
  died: 0,
  withdrawn: 0,
});

export const protocolFacts: Readonly<Record<string, { disease: string; quota: boolean; number: boolean }>> = {
  'htn-2017': { disease: 'hypertension', quota: true, number: true },
  'htn-2025': { disease: 'hypertension', quota: true, number: true },
  't2dm-new': { disease: 'diabetes', quota: true, number: true },
  complications: { disease: 'complications', quota: true, number: false },
  elderly: { disease: 'elderly', quota: false, number: false },
};

/** The months from the first to the last, YYYY-MM. */
export interface Span {
  first: string;
  last: string;
}

/** By centre, month and disease, parted by spaces. */
export function countFollowUpsAgain(followUps: readonly StoredFollowUp[], span: Span): Map<string, FollowUpCounts> {
  const all = new Map<string, FollowUpCounts>();
  const of = (institutionId: string, on: string, protocol: string): FollowUpCounts => {
    const key = `${institutionId} ${on.slice(0, 7)} ${protocolFacts[protocol]?.disease}`;
    const counts = all.get(key) ?? nothing();
    all.set(key, counts);
    return counts;
  };
  const isAsked = (on: string) => on.slice(0, 7) >= span.first && on.slice(0, 7) <= span.last;

  for (const { institutionId, enrolments: own, expired } of followUps) {
    const add = (on: string | null, protocol: string, figure: keyof FollowUpCounts) => {
      if (on !== null && isAsked(on)) (of(institutionId, on, protocol)[figure] as number) += 1;
    };
    for (const { id, protocol, startedOn, visits: made, endReason, endedAt, nextDueOn } of own) {
      add(startedOn, protocol, 'enrolled');
      if (endReason && endedAt) add(localDateOf(endedAt.getTime()), protocol, endReason);
      add(nextDueOn, protocol, 'open');
      for (const { dueOn, enrolmentIds } of expired) if (enrolmentIds.includes(id)) add(dueOn, protocol, 'expired');
      for (const { at: instant, mode, dueOn, referral } of made) {
        const on = localDateOf(instant.getTime());
        add(on, protocol, 'visits');
        if (mode !== 'phone') add(on, protocol, 'faceToFace');
        add(dueOn, protocol, dueOn !== null && on <= dueOn ? 'inTime' : 'late');
        if (referral) add(on, protocol, 'referrals');
        if (referral && referral !== 'absent' && referral.sentAt) add(on, protocol, 'sent');
        if (referral && referral !== 'absent' && referral.status === 'completed') add(on, protocol, 'arrived');
      }
    }
    for (let month = span.first; month <= span.last; month = addMonths(`${month}-01`, 1).slice(0, 7)) {
      const lastDay = addDays(addMonths(`${month}-01`, 1), -1);
      const newYear = `${month.slice(0, 4)}-01-01`;
      for (const disease of new Set(Object.values(protocolFacts).map((facts) => facts.disease))) {
        const latest = own
          .filter((one) => protocolFacts[one.protocol]?.disease === disease && one.startedOn <= lastDay)
          .toSorted((a, b) => (`${a.startedOn} ${a.id}` < `${b.startedOn} ${b.id}` ? -1 : 1))
          .at(-1);
        if (!latest) continue;
        const endedOn = latest.endedAt && localDateOf(latest.endedAt.getTime());
        if (endedOn && endedOn < newYear) continue;
        const counts = of(institutionId, lastDay, latest.protocol);
        const facts = protocolFacts[latest.protocol];
        counts.managed += 1;
        const soFar = latest.visits
          .map((one) => ({ ...one, on: localDateOf(one.at.getTime()) }))
          .filter(({ on }) => on >= newYear && on <= lastDay)
          .toSorted((a, b) => a.at.getTime() - b.at.getTime());
        if (facts?.quota) {
          const begin = latest.startedOn > newYear ? latest.startedOn : newYear;
          const end = endedOn && endedOn < lastDay ? endedOn : lastDay;
          const owed = Math.min(4, Math.floor((daysBetween(begin, end) + 1) / 91));
          const seen = soFar.filter(({ mode, measured }) => mode !== 'phone' && measured);
          const days = new Set(seen.filter(({ annualExam }) => !annualExam).map(({ on }) => on)).size;
          const done = days + (seen.some(({ annualExam }) => annualExam) ? 1 : 0);
          if (owed >= 1) counts.perSpecification.decided += 1;
          if (owed >= 1 && done >= owed) counts.perSpecification.kept += 1;
        }
        const last = soFar.at(-1);
        const lost = latest.endReason === 'lost' && endedOn !== null && endedOn <= lastDay;
        for (const number of ['payment', 'clinical'] as const) {
          if (facts?.number) counts[number].decided += 1;
          if (last?.[number] === true && !lost) counts[number].kept += 1;
        }
      }
    }
  }
  return all;
}
