/** A transaction that tells of a stay: its Encounter is one more message of the stay, and what was ordered beside it is answered entry by entry. */
import { createHash } from 'node:crypto';
import type { BundleEntry, BundleEntryResponse, OperationOutcomeIssue } from '@medplum/fhirtypes';
import { findInstitution } from '../../db/directory/directory.ts';
import { recordFact } from '../../db/directory/facts.ts';
import { recordVisitMessage, type VisitReceipt } from '../../db/discharge/visits/record-visit-message.ts';
import { inTransaction } from '../../db/kit/transaction.ts';
import { deathOfStay } from '../directory/visit-facts.ts';
import type { OperationRequest, Reply } from '../kit/operation.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import { leftOutIssues, listLeftOut, type Understood } from './left-out.ts';
import { toStayReport } from './read-encounter.ts';
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
  const receipt = await inTransaction(deps.db, actor, async (trx) => {
    checkHospital(await findInstitution(trx, report.hospitalId), `${at}.serviceProvider`);
    // The death comes first, so that an episode which begins with this message begins with it.
    if (report.disposition === 'died') await recordFact(trx, deathOfStay(report), by);
    return recordVisitMessage(trx, report, by);
  });
  const leftOut = listLeftOut(encounter, understood, at);
  const entry = body.entry.map(({ resource }, index): BundleEntry => {
    if (index === n) return { response: responseTo(receipt, leftOut) };
    return { response: notTaken(resource.resourceType, `Bundle.entry[${index}]`) };
  });
  return { status: 200, body: { resourceType: 'Bundle', type: 'transaction-response', entry } };
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

const issueOf = (severity: OperationOutcomeIssue['severity'], code: string, text: string, expression?: string): OperationOutcomeIssue => ({
  severity,
  code: severity === 'warning' ? 'not-supported' : 'informational',
  details: { coding: [{ system: 'urn:carepath:stay-result', code }], text },
  ...(expression === undefined ? {} : { expression: [expression] }),
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

/** What was ordered is not taken from a message yet: the answer says so, and the ward records it in the plan. */
const notTaken = (resourceType: string, expression: string): BundleEntryResponse => ({
  status: '202 Accepted',
  outcome: {
    resourceType: 'OperationOutcome',
    issue: [
      issueOf(
        'warning',
        'not-taken',
        `${resourceType} 未采用，请在出院计划中登记 / this ${resourceType} is not taken; record it in the discharge plan`,
        expression,
      ),
    ],
  },
});
