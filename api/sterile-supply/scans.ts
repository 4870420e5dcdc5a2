/** Scans as devices send them, maybe hours after they were made. */
import { z } from '@hono/zod-openapi';
import { findDevice } from '../../db/sterile-supply/devices.ts';
import { scanTypes } from '../../db/sterile-supply/observations/scan-bodies.ts';
import { receiveScans, type SentScan } from '../../db/sterile-supply/scans.ts';
import { runOnce } from '../kit/once.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { invalidRequestProblem } from '../kit/problem.ts';
import { Id, Instant, Text } from '../kit/schemas.ts';

const MOST_SCANS = 500;
/** Five hundred scans, some of which name many packs. */
const MOST_SCAN_BYTES = 4 * 1_024 * 1_024;
const HIGHEST_SEQ = 2_147_483_647;

const Scan = z
  .looseObject({
    seq: z.number().int().min(1).max(HIGHEST_SEQ),
    type: Text(50).openapi({ description: `One of ${scanTypes.join(', ')}; anything else is kept and noted` }),
    at: Instant.openapi({ description: 'By the clock of the device' }),
  })
  .openapi('Scan', {
    description:
      'Beside these: `code`, `stopId`, `roundId`, the body of the step, `bundleIssuedAt`, `voiceCode`. What does not fit is kept and not read.',
  });

const Batch = z.strictObject({ deviceId: Id, sentAt: Instant, scans: z.array(Scan).max(MOST_SCANS) }).openapi('ScanBatch', {
  example: {
    deviceId: '018f3b2a-0000-7000-8000-000000000000',
    sentAt: '2026-03-01T09:30:00Z',
    scans: [{ seq: 1, type: 'opened', at: '2026-03-01T09:12:00Z', code: 'P000017-1' }],
  },
});

const Results = z
  .strictObject({
    results: z.array(
      z.strictObject({
        seq: z.number().int(),
        result: z.enum(['applied', 'noted', 'discrepancy', 'waiting', 'held', 'duplicate', 'conflict']),
        observationId: z.string(),
        correctedAt: Instant,
        discrepancyIds: z.array(z.string()),
      }),
    ),
    missing: z.array(z.number().int()).openapi({ description: 'Numbers of the device that have not come yet' }),
  })
  .openapi('ScanResults');

const postScans = operation({
  id: 'sendScans',
  method: 'post',
  path: '/v1/scans',
  tag: 'sterile-supply',
  summary: `离线扫码记录，一次至多 ${MOST_SCANS} 条，只解释、不拒绝 / Scans of a device, at most ${MOST_SCANS} at once: interpreted, never refused`,
  body: Batch,
  maxBodyBytes: MOST_SCAN_BYTES,
  answers: { 200: { description: 'What became of each, in their order', schema: Results } },
  async handle(request) {
    const { deps, caller, actor, body, requestId } = request;
    // A device's scans may be sent by anybody of the post and institution that registered it; to others there is no such device.
    const device = z.uuid().safeParse(body.deviceId).success
      ? await findDevice(deps.db, body.deviceId, { institutionId: caller.institutionId, roles: caller.roles })
      : undefined;
    if (!device) throw invalidRequestProblem('deviceId', { zh: '没有此设备', en: 'names no device of your post' });
    const receivedAt = new Date();
    return runOnce(request, async (trx) => {
      const act = { trx, actor, happenedAt: receivedAt, recordedAt: receivedAt, late: false, requestId, scanId: null };
      const batch = { deviceId: device.id, sentAt: new Date(body.sentAt), receivedAt, scans: body.scans.map(toSentScan) };
      const { results, missing } = await receiveScans(act, batch);
      return {
        status: 200,
        body: { results: results.map((result) => ({ ...result, correctedAt: result.correctedAt.toISOString() })), missing },
      };
    });
  },
});

const toSentScan = ({ seq, type, at, ...body }: z.output<typeof Scan>): SentScan => ({ seq, type, at: new Date(at), body });

export const scanOperations: readonly Operation[] = [postScans];
