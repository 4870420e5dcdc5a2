/** Prepares two referrals for the lines to paste: a draft to send, accept and finish, and one that nobody answers. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { demoPassword } from '../../db/directory/seed-demo-alliance.ts';
import { demoAccounts } from '../../domain/demo/staff.ts';
import { createCurlLines } from './curl-lines.ts';
import { DemoClient, type Referral } from './demo-client.ts';

/**
 * @param folder for the bodies of the requests and the ids of the two referrals
 * @returns lines for the terminal: a comment and a command that can be pasted as it stands, for each thing to try
 */
export async function prepareDemo(apiUrl: string, folder: string): Promise<string[]> {
  const [gp, specialist, sysadmin] = await Promise.all(
    (['gp', 'specialist', 'sysadmin'] as const).map((username) => DemoClient.signIn(apiUrl, username, demoPassword)),
  );
  if (!gp || !specialist || !sysadmin) throw new Error('not every demo account can sign in');
  mkdirSync(folder, { recursive: true });

  const rememberedFile = join(folder, 'referrals.json');
  const remembered = readRemembered(rememberedFile);
  const draft = (await findUntouched(gp, remembered.draft, 'draft')) ?? (await createReferral(gp, specialist, { draft: true }));
  const unanswered =
    (await findUntouched(gp, remembered.unanswered, 'received')) ?? (await createReferral(gp, specialist, { draft: false }));
  writeFileSync(rememberedFile, JSON.stringify({ draft: draft.id, unanswered: unanswered.id }));

  const lines = createCurlLines(apiUrl, folder);
  const step = (client: DemoClient, trigger: string, body: object) =>
    lines.post(client, `/v1/referrals/${draft.id}/${trigger}`, { key: `demo-${trigger}-${draft.id}`, name: trigger, body });
  const fastForward = lines.post(sysadmin, '/v1/demo/fast-forward', {
    key: `demo-fast-forward-${unanswered.id}`,
    name: 'fast-forward',
    body: { pathwayId: unanswered.id, duration: 'P4D' },
  });

  return [
    '# 1. The GP sends the prepared referral.',
    step(gp, 'send-referral-package', {}),
    '# 2. The specialist accepts it.',
    step(specialist, 'send-acceptance', {}),
    '# 3. The specialist reports the outcome.',
    step(specialist, 'send-outcome', { outcome: '冠状动脉造影未见狭窄，维持目前用药。' }),
    '# 4. Another referral, which nobody answers: four days pass in a moment, then its timeline shows every rung.',
    `${fastForward} && ${lines.read(gp, `/v1/referrals/${unanswered.id}/timeline`)}`,
  ];
}

/** Finds the referral of an earlier start. It serves again while nothing has happened to it and none of its deadlines has passed. */
async function findUntouched(gp: DemoClient, id: string | undefined, status: string): Promise<Referral | undefined> {
  const referral = id === undefined ? undefined : await gp.findReferral(id);
  if (referral?.status !== status) return undefined;
  // With a second leg the first hospital has not answered in time.
  if (referral.legs.length > 1) return undefined;
  const isFresh = referral.clocks.every(
    ({ dueAt, rungs }) => (dueAt === null || dueAt > referral.now) && rungs.every((rung) => rung.firedAt === null),
  );
  return isFresh ? referral : undefined;
}

/** Creates a routine referral from the GP to the specialist's department, of the first patient who has no open one. */
async function createReferral(gp: DemoClient, specialist: DemoClient, { draft }: { draft: boolean }): Promise<Referral> {
  return gp.createReferral({
    patientId: await findFreePatient(gp),
    direction: 'up',
    urgency: 'routine',
    toInstitutionId: specialist.institutionId,
    toDepartmentId: demoAccounts.find((account) => account.username === 'specialist')?.departmentId,
    reason: '活动后胸痛两周，请协助检查。',
    summary: '高血压六年，控制良好；无冠心病史。',
    consent: { given: true, recordedAt: new Date().toISOString() },
    ...(draft ? { draft } : {}),
  });
}

const ended = ['completed', 'rejected', 'cancelled'];

/** A patient with an open referral would be refused a second one; for a draft that comes only when it is sent. */
async function findFreePatient(gp: DemoClient): Promise<string> {
  for (const patientId of await gp.listPatientIds()) {
    if ((await gp.listReferrals(patientId)).every(({ status }) => ended.includes(status))) return patientId;
  }
  throw new Error('every patient of the demo GP has an open referral');
}

function readRemembered(file: string): { draft?: string; unanswered?: string } {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as { draft?: string; unanswered?: string };
  } catch {
    return {};
  }
}
