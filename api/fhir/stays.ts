/** A transaction that tells of a stay: its Encounter is one more message of the stay, and what was ordered beside it is answered entry by entry. */
import { createHash } from 'node:crypto';
import type { Bundle, BundleEntry, BundleEntryResponse, OperationOutcomeIssue } from '@medplum/fhirtypes';
import { findInstitution } from '../../db/directory/directory.ts';
import { recordFact } from '../../db/directory/facts.ts';
import { loadDocumentsOfStay } from '../../db/discharge/documents-in-force.ts';
import {
  findAnswer,
  keepAnswer,
  recordVisitMessage,
  type VisitReceipt,
  type VisitReport,
} from '../../db/discharge/visits/record-visit-message.ts';
import { inTransaction } from '../../db/kit/transaction.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import { deathOfStay } from '../directory/visit-facts.ts';
import type { OperationRequest, Reply } from '../kit/operation.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import { leftOutIssues, listLeftOut, type Understood } from './left-out.ts';
import { toStayReport } from './read-encounter.ts';
import { responseToOrder } from './stay-orders/answer.ts';
import { type EntryAnswer, readEntry, type StayGround } from './stay-orders/read-entries.ts';
import type { EncounterBody, StayTransactionBody } from './stay-schemas.ts';

/** Throws Problem 403 or 422. */
export async function recordStay(request: OperationRequest, body: StayTransactionBody): Promise<Reply> {
  const { deps, actor, caller, requestId } = request;
  // A stay is told by the hospital's own system, as a fact is.
  if (!caller.roles.includes('gateway')) throw new Problem('role-may-not');
  const { encounter, n } = theEncounterIn(body);
  const at = `Bundle.entry[${n}].resource`;
  const report = toStayReport(body, encounter, {
    at,
    receivedAt: Date.now(),
    bodyHash: createHash('sha256').update(JSON.stringify(body)).digest(),
  });
  const by = { actor, requestId };
  const { templates } = await loadDocumentsOfStay(deps.db, report);
  const ground = { ...groundOf(body, encounter, report), templates };
  const read = body.entry.map((_, index) => (index === n ? undefined : readEntry(ground, index)));
  const leftOut = listLeftOut(encounter, understood, at);
  const answer = await inTransaction(deps.db, actor, async (trx) => {
    checkHospital(await findInstitution(trx, report.hospitalId), `${at}.serviceProvider`);
    // The death comes first, so that an episode which begins with this message begins with it.
    if (report.disposition === 'died') await recordFact(trx, deathOfStay(report), by);
    const orders = read.flatMap((one) => (one === undefined ? [] : [one.entry]));
    const receipt = await recordVisitMessage(trx, { ...report, orders }, by);
    // Whoever sends it again gets the same answer, whatever has become of it since.
    const earlier = receipt.duplicate ? await findAnswer(trx, receipt.factId) : undefined;
    if (earlier) return earlier;
    const answered = answerTo(receipt, read, responseTo(receipt, leftOut));
    if (!receipt.duplicate) await keepAnswer(trx, receipt.factId, answered);
    return answered;
  });
  return { status: 200, body: answer };
}

const groundOf = (
  body: StayTransactionBody,
  encounter: EncounterBody,
  { recordedAt, dischargedAt }: VisitReport,
): Omit<StayGround, 'templates'> => ({
  body,
  encounter,
  writtenOn: localDateOf(recordedAt),
  dischargedOn: encounter.status === 'finished' ? localDateOf(dischargedAt ?? recordedAt) : undefined,
});

/** One response for each entry, in their order; the Encounter has none of its own in `read`. */
function answerTo(receipt: VisitReceipt, read: readonly (EntryAnswer | undefined)[], ofEncounter: BundleEntryResponse): Bundle {
  const kept = [...(receipt.entries ?? [])];
  const entry = read.map((one): BundleEntry => {
    if (one === undefined) return { response: ofEncounter };
    return { response: responseToOrder(one, kept.shift(), receipt) };
  });
  return { resourceType: 'Bundle', type: 'transaction-response', entry };
}

/** Throws Problem 422. */
function theEncounterIn({ entry }: StayTransactionBody): { encounter: EncounterBody; n: number } {
  const found = entry.flatMap(({ resource }, n) =>
    resource.resourceType === 'Encounter' ? [{ encounter: resource as EncounterBody, n }] : [],
  );
  const [only] = found;
  if (!only || found.length > 1)
    throw invalidRequestProblem('Bundle.entry', { zh: '须有且只有一个 Encounter', en: 'exactly one Encounter is needed' });
  return only;
}

/** Throws Problem 422. */
function checkHospital(institution: { kind: string } | undefined, at: string): void {
  if (institution && institution.kind !== 'sterile-supply-department') return;
  throw invalidRequestProblem(at, { zh: '联盟内没有这家医院', en: 'no such hospital in the alliance' });
}

const reference: Understood = { reference: true, type: true, identifier: true, display: true };

const understood: Understood = {
  identifier: true,
  status: true,
  class: true,
  subject: reference,
  serviceProvider: reference,
  period: { start: true, end: true },
  hospitalization: { dischargeDisposition: true },
};

const issueOf = (severity: OperationOutcomeIssue['severity'], code: string, text: string): OperationOutcomeIssue => ({
  severity,
  code: severity === 'warning' ? 'not-supported' : 'informational',
  details: { coding: [{ system: 'urn:carepath:stay-result', code }], text },
});

const held = {
  ...issueOf('warning', 'held-for-review', '已保存，须人工核对 / stored; people have to look at it'),
  code: 'informational',
} as const;
const noted = issueOf('information', 'noted', '已保存，据此无需变更 / stored; nothing changes by it');

function responseTo({ factId, duplicate, effect, isReviewed }: VisitReceipt, leftOut: readonly string[]): BundleEntryResponse {
  const issue = [...(effect === 'held' || isReviewed ? [held] : []), ...(effect === 'noted' ? [noted] : []), ...leftOutIssues(leftOut)];
  const status = effect === 'held' ? '202 Accepted' : duplicate ? '200 OK' : '201 Created';
  return {
    status,
    location: `Encounter/${factId}`,
    ...(issue.length > 0 ? { outcome: { resourceType: 'OperationOutcome', issue } } : {}),
  };
}
