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
  consignment_special_alone: 'special-alone',
  consignment_special_soiled: 'wrong-lane',
  discrepancy_closed_by_another: 'same-person',
  discrepancy_closed_resolved: 'transition-not-allowed',
  discrepancy_once: 'already-exists',
  exchange_slip_closes_whole: 'lines-without-outcome',
  exchange_slip_of_open_round: 'transition-not-allowed',
  exchange_slip_one_open: 'open-slip-exists',
  load_emergency_by_another: 'same-person',
  load_failed_recalled: 'transition-not-allowed',
  load_follows_indicators: 'transition-not-allowed',
  load_handlers_stay: 'same-person',
  load_has_run: 'steriliser-busy',
  load_implant_indicated: 'bi-required',
  load_indicator_correction: 'transition-not-allowed',
  load_members_checked: 'transition-not-allowed',
  load_members_labelled: 'label-date',
  load_members_named: 'transition-not-allowed',
  load_needs_bowie_dick: 'bd-required',
  load_needs_service: 'steriliser-out-of-service',
  load_never_back: 'transition-not-allowed',
  load_operator_is_not_releaser: 'same-person',
  load_operator_stays: 'same-person',
  load_pack_counts: 'transition-not-allowed',
  load_pack_frozen: 'transition-not-allowed',
  load_pack_once: 'transition-not-allowed',
  load_release_chemical: 'ci-failed',
  load_release_physical: 'physical-failed',
  load_release_unloaded: 'transition-not-allowed',
  load_start_stays: 'transition-not-allowed',
  pack_dispensable: 'pack-not-dispensable',
  pack_expiry_only_shrinks: 'transition-not-allowed',
  pack_hands_stay: 'same-person',
  pack_in_its_load: 'transition-not-allowed',
  pack_label_date: 'label-date',
  pack_names_its_load: 'transition-not-allowed',
  pack_never_back: 'transition-not-allowed',
  pack_never_back_to_store: 'transition-not-allowed',
  pack_on_deliver_line: 'transition-not-allowed',
  pack_one_life: 'transition-not-allowed',
  pack_packer_is_not_checker: 'same-person',
  recall_closes_in_service: 'recall-not-complete',
  recall_closes_whole: 'recall-not-complete',
  recall_holds_load: 'transition-not-allowed',
  recall_line_not_found: 'transition-not-allowed',
  recall_line_open: 'transition-not-allowed',
  recall_line_stays: 'transition-not-allowed',
  recall_signed_by_two_persons: 'same-person',
  recall_stays_closed: 'transition-not-allowed',
  round_leg_clean: 'not-cleaned',
  round_stop_of_open_round: 'transition-not-allowed',
  round_takes_nothing_after_its_end: 'transition-not-allowed',
  set_instance_code_key: 'already-exists',
  set_instance_washed_by_batch: 'special-path-required',
  set_type_code_key: 'already-exists',
  slip_line_difference_told: 'transition-not-allowed',
  slip_line_frozen: 'slip-frozen',
  slip_line_of_open_round: 'transition-not-allowed',
  slip_recount_by_another: 'same-person',
  steriliser_back_by_requalification: 'transition-not-allowed',
  steriliser_code_key: 'already-exists',
  steriliser_run_alone: 'steriliser-busy',
  steriliser_run_stays: 'transition-not-allowed',
  stop_signed_by_both: 'signature-missing',
  stop_step_hygiene: 'step-out-of-order',
  stop_step_of_person: 'step-out-of-order',
  stop_step_stays: 'transition-not-allowed',
  supply_round_closes_clean: 'not-cleaned',
  supply_round_closes_served: 'transition-not-allowed',
  supply_round_closes_whole: 'lines-without-outcome',
  supply_round_has_leg: 'transition-not-allowed',
  supply_round_stays_over: 'transition-not-allowed',
  transport_box_cleaning_recorded: 'not-cleaned',
  transport_box_code_key: 'already-exists',
  transport_box_lane_fixed: 'wrong-lane',
  transport_box_use_stays: 'not-cleaned',
  vehicle_cleaning_recorded: 'not-cleaned',
  vehicle_code_key: 'already-exists',
  vehicle_use_stays: 'not-cleaned',
  washer_code_key: 'already-exists',
};

/** What the contract gives beside a code, as far as a constraint can tell: the state is another's by now. */
const membersOf: Partial<Record<ErrorCode, Record<string, unknown>>> = {
  'transition-not-allowed': { state: null, allowed: [] },
  'recall-not-complete': { missing: [] },
};

/** Undefined for an error that is no refusal of a constraint that people can run into. */
export function refusalOfConstraint(error: unknown): ActRefused | undefined {
  if (!(error instanceof pg.DatabaseError) || error.constraint === undefined) return undefined;
  const code = codes[error.constraint];
  if (code === 'pack-not-dispensable') return new ActRefused(code, { packs: [readRefusals(error.detail ?? '')] });
  if (error.constraint === 'recall_closes_in_service') return new ActRefused('recall-not-complete', { missing: ['service'] });
  return code && new ActRefused(code, membersOf[code]);
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
