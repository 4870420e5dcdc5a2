/** Facts about somebody we cannot be sure of: seen by the desk of the institution concerned and by the alliance office, decided once. */

import { z } from '@hono/zod-openapi';
import {
  findIdentityReview,
  type IdentityReview,
  listIdentityReviews,
  type Resolution,
  resolveIdentityReview,
} from '../../db/directory/identity-reviews.ts';
import { contradictionReasons } from '../../db/directory/tables.ts';
import { auditRead } from '../../db/kit/audit.ts';
import { factOfVisitEvent, RESULT_REPORTED } from '../../domain/discharge/visit-facts.ts';
import { maskIdentityNumber } from '../../domain/residents/identity-number.ts';
import { decodeCursor, toPage } from '../kit/cursor.ts';
import { runOnce } from '../kit/once.ts';
import { type Operation, type OperationRequest, operation } from '../kit/operation.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import { institutionsWithin, reaches, reachOf } from '../kit/reach.ts';
import { DateOnly, Id, Instant, PageQuery, pageOf, pendingAnswer, SexSchema, Text, toIso } from '../kit/schemas.ts';

const tag = 'identity-review';

const ReviewSchema = z
  .strictObject({
    id: z.string(),
    status: z.enum(['open', 'resolved']),
    reason: z.enum([
      'unknown-patient',
      'unknown-survivor',
      'merge-cycle',
      'merged-already',
      'merger-contradicts',
      'died-before-birth',
      'fact-retracted',
      'person-contradicts',
      'visit-of-another-patient',
      ...contradictionReasons,
    ]),
    institutionId: z.string(),
    openedAt: Instant,
    resolvedAt: Instant.nullable(),
    resolvedById: z.string().nullable(),
    patientId: z.string().nullable(),
    dismissReason: z.string().nullable(),
    fact: z.strictObject({
      id: z.string(),
      type: z.enum([
        'patient-died',
        'patient-moved',
        'patient-admitted',
        ...Object.values(factOfVisitEvent).filter((type) => type !== 'patient-admitted'),
        RESULT_REPORTED,
        'patients-merged',
        'readings-held',
        'fact-retracted',
        'person-reported',
      ]),
      source: z.string(),
      messageId: z.string(),
      occurredAt: Instant,
      recordedAt: Instant,
      /** The patient as the message names them. */
      given: z.union([
        z.strictObject({ patientId: z.string() }),
        z.strictObject({ localId: z.strictObject({ system: z.string(), value: z.string() }) }),
      ]),
      patientId: z.string().nullable(),
      homeInstitutionId: z.string().optional(),
      institutionId: z.string().optional(),
      survivorPatientId: z.string().optional(),
      /** The hospital's number of the stay that the message is about. */
      visitNumber: z.string().optional(),
      /** The message that is taken back: whoever names its patient undoes what it has reported. */
      retracts: z.strictObject({ source: z.string(), messageId: z.string() }).optional(),
      /** What a system says of the person against the register: whoever names the patient writes it into their record. */
      correction: z
        .strictObject({
          name: z.string().optional(),
          sex: SexSchema.optional(),
          birthDate: DateOnly.optional(),
          identityNumber: z.string().nullable().optional(),
          phone: z.string().nullable().optional(),
          address: z.string().nullable().optional(),
          contacts: z.array(z.strictObject({ name: z.string(), relation: z.string(), phone: z.string() })).optional(),
        })
        .optional(),
    }),
  })
  .openapi('IdentityReview');

function toReviewResource({ fact, ...review }: IdentityReview): z.infer<typeof ReviewSchema> {
  const { givenPatientId, localIdSystem, localIdValue, details, ...shown } = fact;
  const { correction } = details;
  return {
    ...review,
    status: review.resolvedAt === null ? 'open' : 'resolved',
    openedAt: review.openedAt.toISOString(),
    resolvedAt: toIso(review.resolvedAt),
    fact: {
      ...shown,
      ...details,
      ...(correction?.identityNumber
        ? { correction: { ...correction, identityNumber: maskIdentityNumber(correction.identityNumber) } }
        : {}),
      occurredAt: fact.occurredAt.toISOString(),
      recordedAt: fact.recordedAt.toISOString(),
      given:
        givenPatientId === null
          ? { localId: { system: localIdSystem as string, value: localIdValue as string } }
          : { patientId: givenPatientId },
    },
  };
}

const patientIdsOf = ({ patientId, fact }: IdentityReview): string[] => [patientId, fact.patientId].filter((id) => id !== null);

const listReviews = operation({
  id: 'listIdentityReviews',
  method: 'get',
  path: '/v1/identity-reviews',
  tag,
  summary: '待核身份的事实，早的在前 / Facts that wait for an identity review, oldest first',
  query: z.strictObject({ ...PageQuery, status: z.enum(['open', 'resolved']).default('open') }),
  answers: { 200: { description: 'A page of reviews', schema: pageOf(ReviewSchema) } },
  async handle(request) {
    const { deps, actor, query, requestId } = request;
    const institutionId = institutionsWithin(await reachOf(request))?.[0];
    const rows = await listIdentityReviews(
      deps.db,
      { status: query.status, institutionId },
      { limit: query.limit, after: decodeCursor(query.cursor, z.uuid()) },
    );
    const patientIds = rows.slice(0, query.limit).flatMap(patientIdsOf);
    await auditRead(deps.db, {
      actor,
      action: 'identity-review.list',
      targetType: 'identity-review',
      targetId: null,
      patientIds,
      requestId,
    });
    return { status: 200, body: toPage(rows, query.limit, ({ id }) => id, toReviewResource) };
  },
});

async function find(request: OperationRequest<{ id: string }, unknown, unknown, undefined>): Promise<IdentityReview | undefined> {
  const review = await findIdentityReview(request.deps.db, request.params.id);
  return review && reaches(await reachOf(request), review.institutionId) ? review : undefined;
}

const ResolutionBody = z
  .strictObject({ patientId: Id.optional(), dismissReason: Text(2_000).optional() })
  .openapi('IdentityResolution', { example: { patientId: 'patient-0003' } });

/** Throws Problem 422. */
function resolutionOf({ patientId, dismissReason }: z.output<typeof ResolutionBody>): Resolution {
  if (patientId !== undefined && dismissReason === undefined) return { patientId };
  if (dismissReason !== undefined && patientId === undefined) return { dismissReason };
  throw invalidRequestProblem('patientId', {
    zh: '须给出 patientId 或 dismissReason，且只给其一',
    en: 'give either patientId or dismissReason',
  });
}

const resolveReview = operation({
  id: 'resolveIdentityReview',
  method: 'post',
  path: '/v1/identity-reviews/{id}/resolve',
  tag,
  summary: '认定身份或驳回 / Say whom the fact means, or dismiss it',
  params: z.object({ id: z.uuid() }),
  body: ResolutionBody,
  answers: { 200: { description: 'Resolved', schema: ReviewSchema }, 202: pendingAnswer },
  find,
  async handle(request) {
    const { actor, body, requestId, resource } = request;
    const resolution = resolutionOf(body);
    return runOnce(request, async (trx) => {
      switch (await resolveIdentityReview(trx, resource, resolution, new Date(), { actor, requestId })) {
        case 'closed':
          throw new Problem('transition-not-allowed', { members: { state: 'resolved', allowed: [] } });
        case 'unknown-patient':
          throw invalidRequestProblem('patientId', { zh: '没有这位患者', en: 'no such patient' });
        case 'unsuitable':
          throw invalidRequestProblem('patientId', {
            zh: '与该档案合并会成环或与已有合并矛盾',
            en: 'merging with this record would go in a circle or against an earlier merger',
          });
        case 'resolved':
          return { status: 200, body: toReviewResource((await findIdentityReview(trx, resource.id)) as IdentityReview) };
      }
    });
  },
});

export const identityReviewOperations: Operation[] = [listReviews, resolveReview];
