/** What follow-ups and referrals hear of a stay: that the person is in hospital, has left it, or was never there. Each change of the standing once. */
import { sql } from 'kysely';
import type { ResidentRecords } from '../../directory/resident-records.ts';
import { type NewFact, publishFact } from '../../kit/publish-facts.ts';
import type { Trx } from '../../kit/transaction.ts';
import { beginningOf, findLastApplied, type Stay } from './stays.ts';
import type { VisitTable } from './tables.ts';

type Told = VisitTable['told'];
type ToldFact = 'patient-admitted' | 'patient-discharged' | 'admission-cancelled';

/** Whoever is in hospital by another stay has not come home, so of the end of this one nobody hears. */
export async function tellOthers(trx: Trx, stays: readonly Stay[], { survivorId }: ResidentRecords): Promise<void> {
  const isInHospital = stays.some((stay) => toldOf(stay) === 'admitted');
  const changed = stays.filter((stay) => !stay.isOver && toldOf(stay) !== stay.told);
  // Those who have left come first: who has been admitted since is in hospital.
  for (const stay of changed.toSorted((one, other) => beginningOf(one) - beginningOf(other))) {
    const facts = listFacts(stay).filter((type) => type === 'patient-admitted' || !isInHospital);
    for (const type of facts) await publishFact(trx, factOf(stay, type, survivorId));
  }
  if (changed.length === 0) return;
  const rows = changed.map((stay) => ({ id: stay.id, told: toldOf(stay) }));
  await sql`
    update visit set told = row ->> 'told' from jsonb_array_elements(${JSON.stringify(rows)}::jsonb) as row
    where visit.id = (row ->> 'id')::uuid`.execute(trx);
}

function toldOf({ folded: { standing } }: Stay): Told {
  return standing === null || standing.status === 'cancelled' ? null : standing.status;
}

function listFacts(stay: Stay): ToldFact[] {
  switch (toldOf(stay)) {
    case 'admitted':
      return ['patient-admitted'];
    case 'discharged':
      // A discharge that comes first says that there was an admission.
      return stay.told === null ? ['patient-admitted', 'patient-discharged'] : ['patient-discharged'];
    case null:
      return ['admission-cancelled'];
  }
}

function factOf(stay: Stay, type: ToldFact, patientId: string): NewFact {
  const { id, hospitalId } = stay;
  const now = Date.now();
  const occurredAt = Math.min(takesEffectAt(stay, type), now);
  return {
    type,
    // The number that the standing gets in this transaction.
    messageId: `visit:${id}:${stay.number + 1}:${type}`,
    addressee: { type: 'patient', patientId },
    institutionId: hospitalId,
    occurredAt: new Date(occurredAt),
    input: { institutionId: hospitalId, toldLateByMs: now - occurredAt },
  };
}

function takesEffectAt(stay: Stay, type: ToldFact): number {
  const { standing } = stay.folded;
  if (type === 'patient-discharged') return standing?.dischargedAt ?? beginningOf(stay);
  // A discharge that is taken back has been told as one, and from then on the person is in hospital again.
  if (type === 'patient-admitted' && stay.told === null) return beginningOf(stay);
  return findLastApplied(stay)?.recordedAt.getTime() ?? beginningOf(stay);
}
