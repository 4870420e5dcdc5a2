/** What the database refuses, in the words of the catalogue: two acts at once may both pass the friendly check, and only one passes the constraint. */
import pg from 'pg';
import type { ErrorCode } from '../../domain/kit/errors.ts';
import type { Refusal } from '../../domain/kit/pathway.ts';
import { clauseOfCode } from '../../domain/sterile-supply/dispensable.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import { ActRefused, toRefusal } from './act.ts';
import { loadNormRules } from './norm-rules.ts';

const codes: Readonly<Record<string, ErrorCode>> = {
  consignment_in_lane: 'wrong-lane',
  consignment_seal_once: 'already-exists',
  discrepancy_closed_by_another: 'same-person',
  exchange_slip_one_open: 'open-slip-exists',
  load_needs_bowie_dick: 'bd-required',
  load_needs_service: 'steriliser-out-of-service',
  load_operator_is_not_releaser: 'same-person',
  load_pack_frozen: 'transition-not-allowed',
  load_pack_once: 'transition-not-allowed',
  pack_dispensable: 'pack-not-dispensable',
  pack_never_back: 'transition-not-allowed',
  pack_one_life: 'transition-not-allowed',
  pack_packer_is_not_checker: 'same-person',
  recall_closes_whole: 'recall-not-complete',
  recall_signed_by_two_persons: 'same-person',
  set_instance_code_key: 'already-exists',
  set_type_code_key: 'already-exists',
  steriliser_code_key: 'already-exists',
  steriliser_run_alone: 'steriliser-busy',
  stop_step_hygiene: 'step-out-of-order',
  supply_round_closes_whole: 'lines-without-outcome',
  transport_box_code_key: 'already-exists',
  transport_box_lane_fixed: 'wrong-lane',
  vehicle_code_key: 'already-exists',
  washer_code_key: 'already-exists',
};

/** Undefined for an error that is no refusal of a constraint that people can run into. */
export function refusalOfConstraint(error: unknown): ActRefused | undefined {
  if (!(error instanceof pg.DatabaseError) || error.constraint === undefined) return undefined;
  const code = codes[error.constraint];
  if (code === 'pack-not-dispensable') return new ActRefused(code, { packs: [readRefusals(error.detail ?? '')] });
  return code && new ActRefused(code);
}

/** For a projection: an act that was refused while its rows were written, or a constraint that refused them. */
export function refusalOfError(error: unknown): Refusal | undefined {
  const refused = error instanceof ActRefused ? error : refusalOfConstraint(error);
  return refused && toRefusal(refused);
}

/** The detail of the gate: the pack's id and the codes of the checks that fail, with blanks between them. */
function readRefusals(detail: string) {
  const [packId = '', ...failed] = detail.split(' ');
  const rules = loadNormRules(localDateOf(Date.now()));
  return { packId, reasons: failed.map((code) => ({ code, clause: clauseOfCode(code, rules), evidence: {} })) };
}
