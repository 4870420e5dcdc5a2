/** Devices that scan: registered by the post that uses them, revoked by the head nurse. */
import { z } from '@hono/zod-openapi';
import {
  type DeviceReach,
  findDevice,
  listDevices,
  registerDevice,
  revokeDevice,
  type ScanDevice,
} from '../../db/sterile-supply/devices.ts';
import type { Caller } from '../kit/auth.ts';
import { decodeCursor, toPage } from '../kit/cursor.ts';
import { runOnce } from '../kit/once.ts';
import { type Operation, type OperationRequest, operation } from '../kit/operation.ts';
import { Problem } from '../kit/problem.ts';
import { Id, Instant, PageQuery, pageOf, Text, toIso } from '../kit/schemas.ts';
import { holdsPost, sightOf } from './posts.ts';

const tag = 'sterile-supply';

const DeviceSchema = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    status: z.enum(['active', 'revoked']),
    version: z.number().int(),
    createdAt: Instant,
    allowed: z.array(z.enum(['revoke'])),
    role: z.string().openapi({ description: 'the post that registered it: anybody who holds it there may send its scans' }),
    institutionId: z.string(),
    revokedAt: Instant.nullable(),
    revokedReason: z.string().nullable(),
  })
  .openapi('ScanDevice');

const toResource = (device: ScanDevice, caller: Caller) => ({
  id: device.id,
  name: device.name,
  status: device.revoked_at === null ? ('active' as const) : ('revoked' as const),
  version: device.version,
  createdAt: device.created_at.toISOString(),
  allowed: device.revoked_at === null && holdsPost(caller, 'h') ? (['revoke'] as const) : [],
  role: device.role,
  institutionId: device.institution_id,
  revokedAt: toIso(device.revoked_at),
  revokedReason: device.revoked_reason,
});

/** Everybody's devices for those who see the whole of the supply department, else those of the caller's own post. */
const deviceReachOf = (caller: Caller): DeviceReach | undefined =>
  sightOf(caller).over === 'alliance' ? undefined : { institutionId: caller.institutionId, roles: caller.roles };

const IdInPath = z.strictObject({ id: Id });
const reply = (status: number, device: ScanDevice, caller: Caller) => ({
  status,
  body: toResource(device, caller),
  headers: { etag: `"${device.version}"` },
});

/** An id that is no UUID names no device. */
const findVisible = async ({ deps, caller, params }: Pick<OperationRequest<{ id: string }>, 'deps' | 'caller' | 'params'>) =>
  z.uuid().safeParse(params.id).success ? findDevice(deps.db, params.id, deviceReachOf(caller)) : undefined;

const postDevice = operation({
  id: 'registerDevice',
  method: 'post',
  path: '/v1/devices',
  tag,
  summary: '登记扫码设备 / Register a device that scans',
  body: z.strictObject({ name: Text(100) }),
  answers: { 201: { description: 'The device; its scans are numbered from 1', schema: DeviceSchema } },
  async handle(request) {
    const { actor, body, caller } = request;
    return runOnce(request, async (trx) => reply(201, await registerDevice(trx, { name: body.name, actor }), caller));
  },
});

const getDevices = operation({
  id: 'listDevices',
  method: 'get',
  path: '/v1/devices',
  tag,
  summary: '扫码设备，新的在前 / Devices that scan, the newest first',
  query: z.strictObject(PageQuery),
  answers: { 200: { description: 'A page of devices', schema: pageOf(DeviceSchema) } },
  async handle({ deps, caller, query: { limit, cursor } }) {
    const after = decodeCursor(cursor, z.strictObject({ createdAt: z.string(), id: z.uuid() }));
    const rows = await listDevices(deps.db, deviceReachOf(caller), { limit, after });
    const placeOf = ({ created_at, id }: ScanDevice) => ({ createdAt: created_at.toISOString(), id });
    return { status: 200, body: toPage(rows, limit, placeOf, (device) => toResource(device, caller)) };
  },
});

const getDevice = operation({
  id: 'getDevice',
  method: 'get',
  path: '/v1/devices/{id}',
  tag,
  summary: '单个扫码设备 / A device that scans',
  params: IdInPath,
  answers: { 200: { description: 'The device', schema: DeviceSchema } },
  find: findVisible,
  async handle({ resource, caller }) {
    return reply(200, resource, caller);
  },
});

const postRevoke = operation({
  id: 'revokeDevice',
  method: 'post',
  path: '/v1/devices/{id}/revoke',
  tag,
  summary: '停用扫码设备 / Revoke a device: what it sends from now on waits for the head nurse',
  params: IdInPath,
  body: z.strictObject({ reason: Text(2_000) }),
  answers: { 200: { description: 'The device', schema: DeviceSchema } },
  find: findVisible,
  async handle(request) {
    const { caller, body, resource, ifVersion } = request;
    if (ifVersion !== undefined && ifVersion !== resource.version) throw new Problem('version-changed');
    return runOnce(request, async (trx) => {
      const device = await revokeDevice(trx, resource.id, { reason: body.reason, at: new Date() });
      if (!device) throw new Problem('transition-not-allowed', { members: { state: 'revoked', allowed: [] } });
      return reply(200, device, caller);
    });
  },
});

export const deviceOperations: readonly Operation[] = [getDevices, postDevice, getDevice, postRevoke];
