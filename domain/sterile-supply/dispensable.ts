/**
 * Whether a pack may be dispensed: to a centre, at an instant. Every check that fails is given, in the order of the machine, with its clause and its
 * evidence; none failing means yes. The function pack_refusals of the database says the same.
 */
import { type LocalDate, localDateOf } from '../time/local-date.ts';
import { citeRule, type NormRules } from './norm-rules.ts';
import { type LoadStatus, type Packaging, type PackStatus, type RejectReason, rejectReasons } from './vocabulary.ts';

/** What the status of a pack says against it: why it was rejected, that it is opened, that its life has ended. */
const statusCodes = [...rejectReasons, 'opened', 'ended'] as const;

export const dispensableCodes = [
  ...statusCodes,
  'not-sterilised',
  'load-failed',
  'load-not-released',
  'implant-bi-pending',
  'emergency-only',
  'recalled',
  'expired',
  'climate-review',
  'wrong-owner',
  'held-elsewhere',
  'label-superseded',
] as const;
export type DispensableCode = (typeof dispensableCodes)[number];

/** The clause of a check. All that its status says against a pack stands under one. */
export const clauseOfCode = (code: string, rules: NormRules): string =>
  citeRule(rules, (statusCodes as readonly string[]).includes(code) ? 'dispensable-status' : `dispensable-${code}`);

export interface DispensableReason {
  code: DispensableCode;
  clause: string;
  evidence: Record<string, string | number | boolean | null>;
}

/** What is known of a pack, as far as it may be dispensed. */
export interface DispensableGround {
  packId: string;
  status: PackStatus;
  rejectReason: RejectReason | null;
  packaging: Packaging;
  implant: boolean;
  /** Null: the pool's, or a vendor's. */
  ownerInstitutionId: string | null;
  expiresOn: LocalDate | null;
  labelPrint: number;
  /** Its outer indicator was looked at, which happens as its load is unloaded. */
  unloaded: boolean;
  load: {
    id: string;
    status: LoadStatus;
    biPassed: boolean;
    emergency: { packIds: readonly string[]; institutionId: string } | null;
  } | null;
  /** Recalls that have a line of it, open or closed, without drills. */
  recallIds: readonly string[];
  /** Breaches of the climate it was in that nobody has reviewed yet. */
  breachIds: readonly string[];
  /** The centre that it is allocated to, that its consignment goes to, and at which it lies. */
  allocatedInstitutionId: string | null;
  consignedInstitutionId: string | null;
  lyingInstitutionId: string | null;
}

export interface DispensableQuestion {
  /** The centre; null asks the pack alone. */
  for: string | null;
  /** In milliseconds. It serves the expiry only: what blocks is judged as it is known now. */
  at: number;
  /** The print by which somebody asks; null when by its id. */
  print: number | null;
}

const beforeUnload: readonly PackStatus[] = ['assembled', 'checked', 'in-load'];
const afterAll: readonly PackStatus[] = ['opened', 'rejected', 'ended'];
const released: readonly LoadStatus[] = ['released', 'released-early', 'confirmed'];

type Failed = Omit<DispensableReason, 'clause'>;

export function reasonsAgainst(ground: DispensableGround, question: DispensableQuestion, rules: NormRules): DispensableReason[] {
  const failed: (Failed | undefined)[] = [
    checkStatus(ground),
    checkSterilised(ground),
    checkLoad(ground),
    checkImplant(ground),
    checkEmergency(ground, question),
    checkRecall(ground),
    checkExpiry(ground, question),
    checkClimate(ground, rules),
    checkOwner(ground, question),
    checkPlace(ground, question),
    checkLabel(ground, question),
  ];
  return failed.flatMap((one) => (one ? [{ code: one.code, clause: clauseOfCode(one.code, rules), evidence: one.evidence }] : []));
}

function checkStatus({ status, rejectReason }: DispensableGround): Failed | undefined {
  const evidence = { status, rejectReason };
  if (status === 'rejected' && rejectReason) return { code: rejectReason, evidence };
  return status === 'opened' || status === 'ended' ? { code: status, evidence } : undefined;
}

function checkSterilised({ status, unloaded }: DispensableGround): Failed | undefined {
  if (!beforeUnload.includes(status) && !(afterAll.includes(status) && !unloaded)) return undefined;
  return { code: 'not-sterilised', evidence: { status } };
}

function checkLoad({ load }: DispensableGround): Failed | undefined {
  if (!load || released.includes(load.status)) return undefined;
  const evidence = { loadId: load.id, loadStatus: load.status };
  return load.status === 'failed' ? { code: 'load-failed', evidence } : { code: 'load-not-released', evidence };
}

const isOnForm = ({ packId, load }: DispensableGround): boolean => load?.emergency?.packIds.includes(packId) ?? false;

function checkImplant(ground: DispensableGround): Failed | undefined {
  const { implant, load } = ground;
  if (!implant || !load || load.biPassed || isOnForm(ground)) return undefined;
  return { code: 'implant-bi-pending', evidence: { loadId: load.id } };
}

function checkEmergency(ground: DispensableGround, { for: institutionId }: DispensableQuestion): Failed | undefined {
  const { load } = ground;
  if (load?.status !== 'released-early') return undefined;
  const onForm = isOnForm(ground);
  const forCentre = load.emergency?.institutionId ?? null;
  if (onForm && (institutionId === null || institutionId === forCentre)) return undefined;
  return { code: 'emergency-only', evidence: { loadId: load.id, onForm, forInstitutionId: forCentre } };
}

function checkRecall({ recallIds }: DispensableGround): Failed | undefined {
  const [recallId] = recallIds;
  if (recallId === undefined) return undefined;
  return { code: 'recalled', evidence: { recallId, recalls: recallIds.length } };
}

function checkExpiry({ expiresOn }: DispensableGround, { at }: DispensableQuestion): Failed | undefined {
  const on = localDateOf(at);
  if (expiresOn === null || on <= expiresOn) return undefined;
  return { code: 'expired', evidence: { expiresOn, on } };
}

function checkClimate({ packaging, breachIds }: DispensableGround, { climateReviewPackagings }: NormRules): Failed | undefined {
  const [breachId] = breachIds;
  if (breachId === undefined || !climateReviewPackagings.includes(packaging)) return undefined;
  return { code: 'climate-review', evidence: { breachId, packaging } };
}

function checkOwner({ ownerInstitutionId }: DispensableGround, { for: institutionId }: DispensableQuestion): Failed | undefined {
  if (ownerInstitutionId === null || institutionId === null || ownerInstitutionId === institutionId) return undefined;
  return { code: 'wrong-owner', evidence: { ownerInstitutionId, forInstitutionId: institutionId } };
}

/** Where a pack lies decides; only while it lies at no centre does it count for whom it is packed into a box, and last for whom it is set aside. */
function checkPlace(ground: DispensableGround, { for: institutionId }: DispensableQuestion): Failed | undefined {
  const { lyingInstitutionId, consignedInstitutionId, allocatedInstitutionId } = ground;
  const held = lyingInstitutionId ?? consignedInstitutionId ?? allocatedInstitutionId;
  if (institutionId === null || held === null || held === institutionId) return undefined;
  return {
    code: 'held-elsewhere',

    evidence: { heldForInstitutionId: held, lies: lyingInstitutionId !== null, forInstitutionId: institutionId },
  };
}

function checkLabel({ labelPrint }: DispensableGround, { print }: DispensableQuestion): Failed | undefined {
  if (print === null || print >= labelPrint) return undefined;
  return { code: 'label-superseded', evidence: { print, newestPrint: labelPrint } };
}
