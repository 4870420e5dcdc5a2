/** A pack as callers see it. */
import { z } from '@hono/zod-openapi';
import type { PackRecord } from '../../db/sterile-supply/packs.ts';
import { dispensableCodes } from '../../domain/sterile-supply/dispensable.ts';
import { allowedPackActs, isReleased, type PackAct } from '../../domain/sterile-supply/packs.ts';
import { packagings, packStatuses, rejectReasons } from '../../domain/sterile-supply/vocabulary.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import type { Caller } from '../kit/auth.ts';
import { DateOnly, Instant } from '../kit/schemas.ts';
import { mayDo, type OperationId } from '../policy.ts';
import { holdsPost } from './posts.ts';
import { thingMembers } from './thing-resource.ts';

export const DispensableReasonSchema = z.strictObject({
  code: z.enum(dispensableCodes),
  clause: z.string(),
  evidence: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});

export const PackSchema = z
  .strictObject({
    ...thingMembers,
    status: z.enum(packStatuses),
    setInstanceId: z.string(),
    setTypeId: z.string(),
    packaging: z.enum(packagings),
    ownerInstitutionId: z.string().nullable(),
    loadId: z.string().nullable(),
    sterilisedOn: DateOnly.nullable(),
    expiresOn: DateOnly.nullable(),
    exposed: z.boolean(),
    labelPrint: z.number().int(),
    outerCi: z.enum(['pass', 'fail']).nullable(),
    wet: z.boolean().nullable(),
    rejectReason: z.enum(rejectReasons).nullable(),
    allocation: z
      .strictObject({ slipId: z.string().nullable(), lineId: z.string().nullable(), institutionId: z.string() })
      .nullable()
      .openapi({ description: 'the deliver line that the pack is set aside for; none where it goes to its owner without one' }),
    recallIds: z.array(z.string()),
    use: z.strictObject({ at: Instant, patientReference: z.string().nullable() }).nullable(),
    allowed: z.array(z.string()),
  })
  .openapi('Pack');

const operationOf = {
  check: 'checkPack',
  labels: 'printPackLabel',
  compromise: 'compromisePack',
  'break-out': 'breakOutPack',
  restock: 'restockPack',
  open: 'openPack',
  'return-unopened': 'returnPackUnopened',
} as const satisfies Record<PackAct, OperationId>;

/** Whether the pack lies where the caller may do this. */
function isAtHand(act: PackAct, { status, holder }: PackRecord, caller: Caller): boolean {
  switch (act) {
    case 'open':
    case 'return-unopened':
      return holder?.type === 'centre' && holder.id === caller.institutionId;
    case 'break-out':
      return holder?.type === 'cssd';
    case 'labels':
      return !isReleased(status) || (holder?.type === 'cssd' && holdsPost(caller, 'r'));
    default:
      return true;
  }
}

/** Who used a pack on whom is for those who follow it up, and for the centre that used it. */
const maySeePatient = (pack: PackRecord, caller: Caller): boolean =>
  holdsPost(caller, 'i', 'h') ||
  (pack.opened_institution_id !== null && pack.opened_institution_id === caller.institutionId && holdsPost(caller, 'n'));

export function packResource(pack: PackRecord, caller: Caller): z.infer<typeof PackSchema> {
  const expired = pack.expires_on !== null && localDateOf(Date.now()) > pack.expires_on;
  const standing = { status: pack.status, recalled: pack.recallIds.length > 0, expired };
  return {
    id: pack.id,
    code: pack.code,
    status: pack.status,
    version: pack.version,
    createdAt: pack.created_at.toISOString(),
    custody: pack.holder && pack.heldSince && { holder: pack.holder, since: pack.heldSince.toISOString() },
    setInstanceId: pack.set_instance_id,
    setTypeId: pack.set_type_id,
    packaging: pack.packaging as z.infer<typeof PackSchema>['packaging'],
    ownerInstitutionId: pack.owner_institution_id,
    loadId: pack.load_id,
    sterilisedOn: pack.sterilised_on,
    expiresOn: pack.expires_on,
    exposed: pack.exposed,
    labelPrint: pack.label_print,
    outerCi: pack.outer_ci,
    wet: pack.wet,
    rejectReason: pack.reject_reason,
    allocation:
      pack.allocated_institution_id === null
        ? null
        : { slipId: pack.slipId, lineId: pack.slip_line_id, institutionId: pack.allocated_institution_id },
    recallIds: pack.recallIds,
    use:
      pack.opened_at === null
        ? null
        : { at: pack.opened_at.toISOString(), patientReference: maySeePatient(pack, caller) ? pack.patient_reference : null },
    allowed: allowedPackActs(standing).filter((act) => mayDo(operationOf[act], caller.roles) && isAtHand(act, pack, caller)),
  };
}
