/** What is answered to an entry beside the Encounter of a stay: its fate, and everything of it that is not taken over, with the place. */
import type { BundleEntryResponse, OperationOutcomeIssue } from '@medplum/fhirtypes';
import type { VisitReceipt } from '../../../db/discharge/visits/record-visit-message.ts';
import { heldReasons, type SentEntry } from '../../../domain/discharge/sent-orders.ts';
import type { Words } from '../../../domain/kit/language.ts';
import { leftOutIssues } from '../left-out.ts';
import type { EntryAnswer } from './read-entries.ts';
import { heldWords, type Issue, remarkWords } from './words.ts';

const isHeldReason = (code: Issue['code']): code is keyof typeof heldWords => heldReasons.some((reason) => reason === code);

const wordsOf = (code: Issue['code']): Words => (isHeldReason(code) ? heldWords[code] : remarkWords[code]);

function issueOf({ code, at }: Issue): OperationOutcomeIssue {
  const { zh, en } = wordsOf(code);
  return {
    severity: code === 'taken-back' ? 'information' : 'warning',
    code: isHeldReason(code) ? 'not-supported' : 'informational',
    details: { coding: [{ system: 'urn:carepath:stay-order', code }], text: `${isHeldReason(code) ? '未采用：' : ''}${zh} / ${en}` },
    expression: [at.slice(0, 200)],
  };
}

/** `sent`: the entry as it is kept; undefined where it is none of an order, or the message came before without an answer that was kept. */
export function responseToOrder(
  { entry, issues, leftOut, at, type }: EntryAnswer,
  sent: SentEntry | undefined,
  { effect, closedOrderIds }: Pick<VisitReceipt, 'effect' | 'closedOrderIds'>,
): BundleEntryResponse {
  const told: Issue[] = [...issues];
  if (sent?.fate === 'held' && entry.fate !== 'held') told.unshift({ code: sent.reason, at });
  const isHeld = entry.fate === 'held' || sent?.fate === 'held';
  if (!isHeld && effect === 'held') told.push({ code: 'held-for-review', at });
  const isClosed = sent !== undefined && 'orderId' in sent && (closedOrderIds?.has(sent.orderId) ?? false);
  if (isClosed) told.push({ code: 'order-closed', at });
  const issue = [...told.map(issueOf), ...leftOutIssues(leftOut)];
  return {
    status: isHeld || effect === 'held' ? '202 Accepted' : isClosed || entry.fate === 'withdrawal' ? '200 OK' : '201 Created',
    ...(sent !== undefined && 'orderId' in sent ? { location: `${type}/${sent.orderId}` } : {}),
    ...(issue.length > 0 ? { outcome: { resourceType: 'OperationOutcome', issue } } : {}),
  };
}
