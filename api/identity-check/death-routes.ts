/** A resident's death: reported, confirmed or refuted, and taken back by two people. */
import { z } from '@hono/zod-openapi';
import { getPatient, type Patient } from '../../db/directory/patients.ts';
import {
  confirmDeath,
  confirmDeathRetraction,
  type DeathAnswer,
  proposeDeathRetraction,
  refuteDeath,
  reportDeath,
} from '../../db/identity-check/deaths.ts';
import { findResidentStanding } from '../../db/identity-check/standing.ts';
import { auditWrite } from '../../db/kit/audit.ts';
import type { Trx } from '../../db/kit/transaction.ts';
import { allowedFor } from '../../domain/residents/resident-triggers.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import { findVisiblePatientById } from '../directory/access.ts';
import { isClinicianOf, PatientSchema, patientReply } from '../directory/patient-resource.ts';
import { runOnce } from '../kit/once.ts';
import { type Operation, type OperationRequest, operation, type Reply } from '../kit/operation.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import { DateOnly, Id, pendingAnswer, Text } from '../kit/schemas.ts';

type DeathRequest<Body> = OperationRequest<unknown, unknown, Body, Patient>;

const common = {
  method: 'post',
  tag: 'patient',
  params: z.object({ id: Id }),
  answers: { 200: { description: 'The resident', schema: PatientSchema }, 202: pendingAnswer },
  find: findVisiblePatientById,
  may: ({ resource, caller }: Pick<DeathRequest<unknown>, 'resource' | 'caller'>) => isClinicianOf(resource, caller),
} as const;

/** Runs a step once, writes it into the audit and answers with the resident as they stand then. `change` throws Problem 409. */
async function runStep<Body>(
  request: DeathRequest<Body>,
  action: 'report-death' | 'confirm-death' | 'refute-death' | 'retract-death' | 'confirm-retraction',
  change: (trx: Trx) => Promise<void>,
): Promise<Reply> {
  const { actor, requestId, resource, ifVersion } = request;
  const { id } = resource;
  return runOnce(request, async (trx) => {
    if (ifVersion !== undefined && ifVersion !== (await getPatient(trx, id))?.version) throw new Problem('version-changed');
    await change(trx);
    await auditWrite(trx, { actor, action: `patient.${action}`, targetType: 'patient', targetId: id, patientId: id, requestId });
    return patientReply(request, (await getPatient(trx, id)) as Patient, { db: trx });
  });
}

/** Throws Problem 422 for a date that cannot be true. */
function checkDiedOn(diedOn: string, { birthDate }: Patient): void {
  if (diedOn > localDateOf(Date.now())) throw invalidRequestProblem('diedOn', { zh: '在将来', en: 'lies in the future' });
  if (diedOn < birthDate) throw invalidRequestProblem('diedOn', { zh: '早于出生日期', en: 'lies before the birth' });
}

async function refuse(trx: Trx, request: DeathRequest<unknown>): Promise<never> {
  const standing = await findResidentStanding(trx, (await getPatient(trx, request.resource.id)) as Patient);
  const allowed = allowedFor(standing, request.caller);
  const state = standing.died ? 'died' : standing.deathReported ? 'death-reported' : 'living';
  throw new Problem('transition-not-allowed', { members: { state, allowed } });
}

async function checkAnswer(trx: Trx, request: DeathRequest<unknown>, answer: DeathAnswer): Promise<void> {
  if (answer === 'done') return;
  const patient = await getPatient(trx, request.resource.id);
  if (patient?.diedOn) throw new Problem('patient-died');
  await refuse(trx, request);
}

const report = operation({
  ...common,
  id: 'reportDeath',
  path: '/v1/patients/{id}/report-death',
  summary: '报告居民去世，待核实 / Report that a resident has died; somebody confirms it',
  body: z
    .strictObject({ diedOn: DateOnly.optional(), heardFrom: Text(200) })
    .openapi('DeathReport', { example: { heardFrom: '家属来电' } }),
  async handle(request) {
    const { body, resource, actor, requestId } = request;
    const diedOn = body.diedOn ?? null;
    if (diedOn !== null) checkDiedOn(diedOn, resource);
    return runStep(request, 'report-death', async (trx) => {
      const { result } = await reportDeath(trx, { patientId: resource.id, diedOn, heardFrom: body.heardFrom }, { actor, requestId });
      if (result === 'died') throw new Problem('patient-died');
    });
  },
});

const confirm = operation({
  ...common,
  id: 'confirmDeath',
  path: '/v1/patients/{id}/confirm-death',
  summary: '核实居民去世 / Confirm that a resident has died',
  body: z
    .strictObject({ diedOn: DateOnly, cause: Text(500), evidence: Text(500) })
    .openapi('ConfirmedDeath', { example: { diedOn: '2026-03-01', cause: '脑出血', evidence: '居民死亡医学证明' } }),
  async handle(request) {
    const { body, resource, actor, requestId } = request;
    checkDiedOn(body.diedOn, resource);
    return runStep(request, 'confirm-death', async (trx) =>
      checkAnswer(trx, request, await confirmDeath(trx, resource.id, body, { actor, requestId })),
    );
  },
});

const reasonBody = z.strictObject({ reason: Text(2_000) });

const refute = operation({
  ...common,
  id: 'refuteDeath',
  path: '/v1/patients/{id}/refute-death',
  summary: '核实居民健在 / Find that the resident lives',
  body: reasonBody,
  async handle(request) {
    const { body, resource, actor, requestId } = request;
    return runStep(request, 'refute-death', async (trx) =>
      checkAnswer(trx, request, await refuteDeath(trx, resource.id, body.reason, { actor, requestId })),
    );
  },
});

const retract = operation({
  ...common,
  id: 'retractDeath',
  path: '/v1/patients/{id}/retract-death',
  summary: '申请撤回误报的死亡 / Propose to take a wrongly confirmed death back',
  body: reasonBody,
  async handle(request) {
    const { body, resource, actor, requestId } = request;
    return runStep(request, 'retract-death', async (trx) => {
      const result = await proposeDeathRetraction(trx, resource.id, body.reason, { actor, requestId });
      if (result === 'nothing-open') await refuse(trx, request);
    });
  },
});

const confirmRetraction = operation({
  ...common,
  id: 'confirmDeathRetraction',
  path: '/v1/patients/{id}/confirm-retraction',
  summary: '由另一人确认撤回死亡 / Confirm, as a second person, that the death is taken back',
  body: z.strictObject({}),
  async handle(request) {
    const { resource, actor, requestId } = request;
    return runStep(request, 'confirm-retraction', async (trx) => {
      const result = await confirmDeathRetraction(trx, resource.id, { actor, requestId });
      if (result === 'same-person') throw new Problem('second-person-required');
      if (result === 'nothing-open') await refuse(trx, request);
    });
  },
});

export const deathOperations: Operation[] = [report, confirm, refute, retract, confirmRetraction];
