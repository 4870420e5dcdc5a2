/** A stay in hospital that is recorded: told by the hospital's system, with the episode that follows from it. */
import { randomUUID } from 'node:crypto';
import { addDays, type LocalDate, localDateOf, startOf } from '../../domain/time/local-date.ts';
import { DAY_MS } from '../../domain/time/shanghai.ts';
import type { RecordedService } from './service.ts';

const HOUR_MS = 3_600_000;

/** Whatever is typed, so that the tests can tell that it stays outside of the histories. */
export const typed = '临床原因';
export const reason = { reason: typed };

export const plan = {
  diagnoses: [{ code: 'I50.9', text: typed }],
  procedures: [],
  responsibleClinician: typed,
  allergies: [],
  instructions: typed,
  riskInputs: {},
  orders: [],
  linkConsent: 'none',
};

export const warfarin = {
  kind: 'medicine',
  title: typed,
  medicine: { dose: '1片qd', quantity: { value: 28, unit: '片' }, longTerm: true, highAlert: true },
};

export interface Episode {
  /** The time on the episode's own clock. */
  now: string;
  plan: { state: string };
  orders: { id: string; kind: string; state: string }[];
  conversations: { id: string }[];
  triages: { id: string }[];
  links: { id: string }[];
}

let registered = 0;

interface StayNames {
  id: string;
  patientId: string;
  hospitalId: string;
  visitNumber: string;
}

export class Stay {
  readonly id: string;
  readonly patientId: string;
  readonly #hospitalId: string;
  readonly #visitNumber: string;
  readonly #service: RecordedService;

  private constructor(service: RecordedService, { id, patientId, hospitalId, visitNumber }: StayNames) {
    this.#service = service;
    this.id = id;
    this.patientId = patientId;
    this.#hospitalId = hospitalId;
    this.#visitNumber = visitNumber;
  }

  /** Registers somebody with a telephone, of the centre of `gp`. Resolves with the id. */
  static async newPatient(service: RecordedService): Promise<string> {
    registered += 1;
    const person = { name: `出院记录${registered}`, birthDate: '1950-05-17', phone: `139123456${10 + registered}` };
    const { id } = await service.post('gp', '/v1/patients', { ...person, sex: 'female', channel: 'paper' });
    return id;
  }

  static async admitted(service: RecordedService, { daysAgo }: { daysAgo: number }): Promise<Stay> {
    return admit(service, { patientId: await Stay.newPatient(service), hospitalId: 'inst-h1', daysAgo });
  }

  /** Discharged an hour ago with a plan of no order, unless something else is said. */
  static async atHome(service: RecordedService, { daysAgo = 1 / 24 }: { daysAgo?: number } = {}): Promise<Stay> {
    const stay = await Stay.admitted(service, { daysAgo: 9 });
    await stay.say('nurse-h1', 'record-plan', { ...plan, noMedication: true, noPendingResults: true });
    await stay.discharge({ hoursAgo: daysAgo * 24 });
    return stay;
  }

  static create(service: RecordedService, names: StayNames): Stay {
    return new Stay(service, names);
  }

  async admitAgain(hospitalId: string, { daysAgo }: { daysAgo: number }): Promise<Stay> {
    return admit(this.#service, { patientId: this.patientId, hospitalId, daysAgo });
  }

  async discharge({ hoursAgo, disposition = 'home' }: { hoursAgo: number; disposition?: string }): Promise<void> {
    return this.report('patient-discharged', hoursAgo, { disposition });
  }

  /** The hospital's system tells something of the stay; resolves when every pathway has heard of it. */
  async report(type: string, hoursAgo: number, details: object = {}): Promise<void> {
    await reportOfStay(
      this.#service,
      { patientId: this.patientId, institutionId: this.#hospitalId, visitNumber: this.#visitNumber },
      {
        type,
        hoursAgo,
        ...details,
      },
    );
  }

  /** The hospital's system sends an order of the stay as a FHIR transaction. */
  async sendOrder(): Promise<void> {
    const subject = { identifier: { system: 'urn:carepath:patient', value: this.patientId } };
    const encounter = {
      resourceType: 'Encounter',
      identifier: [{ system: 'urn:his-h1:visit', value: this.#visitNumber }],
      status: 'finished',
      class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' },
      subject,
      serviceProvider: { identifier: { system: 'urn:carepath:institution', value: this.#hospitalId } },
    };
    const order = {
      resourceType: 'ServiceRequest',
      identifier: [{ system: 'urn:his-h1:order', value: 'S1' }],
      status: 'active',
      intent: 'order',
      subject,
      category: [{ coding: [{ code: 'retest' }] }],
      code: { text: typed },
      occurrenceDateTime: this.dateIn(30),
    };
    const entry = [encounter, order].map((resource) => ({
      fullUrl: `urn:uuid:${randomUUID()}`,
      resource,
      request: { method: 'POST', url: resource.resourceType },
    }));
    const identifier = { system: 'urn:his-h1', value: randomUUID() };
    await this.#service.post('gateway', '/fhir', {
      resourceType: 'Bundle',
      type: 'transaction',
      identifier,
      timestamp: new Date().toISOString(),
      entry,
    });
    await this.#service.waitUntilFactsAreDecided();
  }

  async say(account: string, command: string, body: object): Promise<Episode> {
    return this.#service.post(account, `/v1/episodes/${this.id}/${command}`, body) as Promise<unknown> as Promise<Episode>;
  }

  async read(): Promise<Episode> {
    return this.#service.get('nurse-h1', `/v1/episodes/${this.id}`) as Promise<unknown> as Promise<Episode>;
  }

  /** So many days from today. */
  dateIn(days: number): LocalDate {
    return addDays(localDateOf(Date.now()), days);
  }

  /** To an hour of a day, so many days from today. */
  async until(days: number, hour: number): Promise<void> {
    const { now } = await this.read();
    const seconds = Math.ceil((startOf(this.dateIn(days)) + hour * HOUR_MS - Date.parse(now)) / 1_000);
    await this.#service.fastForward(this.id, `PT${seconds}S`);
  }

  /** Resolves with the id of the patient's task of that kind in somebody's worklist, once it is there. */
  async findTask(account: string, name: string): Promise<string> {
    return this.#service.findFirst(account, `/v1/worklist?kind=${name}&patientId=${this.patientId}`);
  }
}

interface Admission {
  patientId: string;
  hospitalId: string;
  daysAgo: number;
}

async function admit(service: RecordedService, { patientId, hospitalId, daysAgo }: Admission): Promise<Stay> {
  const visitNumber = `V-${randomUUID()}`;
  const names = { patientId, institutionId: hospitalId, visitNumber };
  await reportOfStay(service, names, { type: 'patient-admitted', hoursAgo: (daysAgo * DAY_MS) / HOUR_MS, admissionType: 'emergency' });
  const id = await service.findFirst('office', `/v1/episodes?visitNumber=${visitNumber}`);
  return Stay.create(service, { id, patientId, hospitalId, visitNumber });
}

async function reportOfStay(
  service: RecordedService,
  names: { patientId: string; institutionId: string; visitNumber: string },
  { hoursAgo, ...told }: { type: string; hoursAgo: number; [detail: string]: unknown },
): Promise<void> {
  const occurredAt = new Date(Date.now() - hoursAgo * HOUR_MS).toISOString();
  await service.post('gateway', '/v1/facts', { source: 'his-h1', messageId: randomUUID(), occurredAt, ...names, ...told });
  await service.waitUntilFactsAreDecided();
}
