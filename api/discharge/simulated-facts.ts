/** The facts of a simulation: what a hospital's system reports of a stay, a death and a move, with what a fact has beside its envelope. */
import { z } from '@hono/zod-openapi';
import { hearMessage, hearOfDeath, hearOfMove, hearResult, type OfStay, type Simulation } from '../../domain/discharge/simulate.ts';
import { admissionTypes, dispositions, type VisitEvent, type VisitMessage, visitEvents } from '../../domain/discharge/standing.ts';
import { factOfVisitEvent, RESULT_REPORTED } from '../../domain/discharge/visit-facts.ts';
import { Id, Instant, Text } from '../kit/schemas.ts';
import { aroundEvent } from './simulated-commands.ts';

/** When it happened and when it was written down; the instant of the event where they are left out. */
const times = { occurredAt: Instant.optional(), recordedAt: Instant.optional() };
const departmentCode = Text(50).optional();
const admissionType = z.enum(admissionTypes).optional();
const disposition = z.enum(dispositions).optional();

const factEvent = <Name extends string, Body extends z.ZodRawShape>(type: Name, body: Body) =>
  z.strictObject({ ...aroundEvent, type: z.literal(type), body: z.strictObject({ ...times, ...body }) });

export const simulatedFactSchemas = [
  factEvent('patient-admitted', { departmentCode, admissionType, planned: z.boolean().optional() }),
  factEvent('patient-transferred', { departmentCode: Text(50) }),
  factEvent('visit-updated', {
    departmentCode,
    admissionType,
    admittedAt: Instant.optional(),
    dischargedAt: Instant.optional(),
    disposition,
  }),
  factEvent('patient-discharged', { disposition, admittedAt: Instant.optional() }),
  factEvent('admission-cancelled', {}),
  factEvent('transfer-cancelled', {}),
  factEvent('discharge-cancelled', {}),
  factEvent(RESULT_REPORTED, { number: Text(100), name: Text(200), abnormal: z.boolean().optional(), critical: z.boolean().optional() }),
  factEvent('patient-died', {}),
  factEvent('patient-moved', { homeInstitutionId: Id }),
] as const;

export type SimulatedFact = z.output<(typeof simulatedFactSchemas)[number]>;

const factTypes: readonly string[] = simulatedFactSchemas.map(({ shape }) => shape.type.value);
export const isSimulatedFact = <Event extends { type: string }>(event: Event | SimulatedFact): event is SimulatedFact =>
  factTypes.includes(event.type);

/** The simulation after a fact. */
export function tellSimulatedFact(simulation: Simulation, event: SimulatedFact, stay: OfStay): Simulation {
  switch (event.type) {
    case 'patient-died':
      return hearOfDeath(simulation, stay.at);
    case 'patient-moved':
      return hearOfMove(simulation, event.body.homeInstitutionId, stay.at);
    case RESULT_REPORTED: {
      const { number, abnormal = false, critical = false } = event.body;
      return hearResult(simulation, stay, { number, abnormal, critical });
    }
    default:
      return hearMessage(simulation, stay, toMessage(event, stay.at, simulation.events + 1));
  }
}

type FactOfStay = Exclude<SimulatedFact, { type: 'patient-died' | 'patient-moved' | typeof RESULT_REPORTED }>;

const eventOf = (type: FactOfStay['type']): VisitEvent => visitEvents.find((event) => factOfVisitEvent[event] === type) ?? 'A08';

/** What a type does not have is absent in it. */
const absent = {
  departmentCode: undefined,
  admissionType: undefined,
  admittedAt: undefined,
  dischargedAt: undefined,
  disposition: undefined,
  planned: undefined,
};

function toMessage({ type, body }: FactOfStay, at: number, number: number): VisitMessage {
  const { occurredAt, recordedAt, departmentCode, admissionType, admittedAt, dischargedAt, disposition, planned } = { ...absent, ...body };
  const happenedAt = toInstant(occurredAt) ?? at;
  return {
    id: `message-${String(number).padStart(3, '0')}`,
    event: eventOf(type),
    recordedAt: toInstant(recordedAt) ?? happenedAt,
    occurredAt: happenedAt,
    admittedAt: toInstant(admittedAt),
    dischargedAt: toInstant(dischargedAt),
    departmentCode: departmentCode ?? null,
    admissionType: admissionType ?? (planned ? 'elective' : null),
    disposition: disposition ?? null,
    isInpatient: true,
  };
}

const toInstant = (at: string | undefined): number | null => (at === undefined ? null : Date.parse(at));
