/** Gives a demonstration its supply day once, and the lines with which to look at it and to go on with it. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { demoPassword } from '../../../db/directory/seed-demo-alliance.ts';
import { createCurlLines } from '../curl-lines.ts';
import { DemoClient } from '../demo-client.ts';
import { beginSupplyDay, DaySchema, type SupplyDay } from './begin-day.ts';
import { createPeople, nurseOf, type SignedInPeople } from './people.ts';
import { signaturesWith } from './round.ts';

/** Written before the first act: a start that was broken off is taken up with the same moment. */
const Remembered = z.object({ moment: z.number(), day: DaySchema.nullable() });
const Rounds = z.object({ items: z.array(z.object({ id: z.string() })) });

/**
 * @param folder for the bodies of the requests and what is remembered of the day
 * @returns lines for the terminal: a comment and a command that can be pasted as it stands, for each thing to try; none where others have begun rounds
 */
export async function prepareSupplyDay(apiUrl: string, folder: string): Promise<string[]> {
  mkdirSync(folder, { recursive: true });
  const dayFile = join(folder, 'supply-day.json');
  const seenFile = join(folder, 'supply-day-seen.jsonl');
  const dispatcher = await DemoClient.signIn(apiUrl, 'dispatcher', demoPassword);
  const { items } = Rounds.parse(await dispatcher.get('/v1/rounds?limit=200'));
  const remembered = readRemembered(dayFile);
  const roundId = remembered?.day?.roundId;
  const isThere = roundId !== undefined && items.some(({ id }) => id === roundId);
  const wasBrokenOff = remembered?.day === null;
  if (items.length > 0 && !isThere && !wasBrokenOff) return [];
  // What was looked up in another database says nothing about this one.
  if (!isThere && !wasBrokenOff) rmSync(seenFile, { force: true });
  const people = createPeople(apiUrl, seenFile);
  if (isThere && remembered?.day) return writeLines(apiUrl, folder, { people, day: remembered.day });

  const moment = wasBrokenOff ? remembered.moment : Date.now();
  writeFileSync(dayFile, JSON.stringify({ moment, day: null }));
  const day = await beginSupplyDay(people, moment);
  writeFileSync(dayFile, JSON.stringify({ moment, day }));
  return writeLines(apiUrl, folder, { people, day });
}

function readRemembered(file: string): z.infer<typeof Remembered> | undefined {
  try {
    return Remembered.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

async function writeLines(apiUrl: string, folder: string, { people, day }: { people: SignedInPeople; day: SupplyDay }): Promise<string[]> {
  const { on, roundId, stopId, packIds, institutionId, indicatorId } = day;
  const nurse = nurseOf(institutionId);
  const signIn = (username: string) => people.signIn(username);
  const lines = createCurlLines(apiUrl, folder);
  const stopStep = async (username: string, step: string, body: object) =>
    lines.post(await signIn(username), `/v1/stops/${stopId}/steps`, { key: `demo-${step}-${stopId}`, name: step, body: { step, ...body } });
  const fail = lines.post(await signIn('releaser'), `/v1/load-indicators/${indicatorId}/read`, {
    key: `demo-growth-${indicatorId}`,
    name: 'growth',
    body: { growth: true, control: { lot: 'BI-2607', growth: true } },
  });
  return [
    `# 5. Sterile supply: the dispatcher looks at the round of ${on}, which is under way.`,
    lines.read(await signIn('dispatcher'), `/v1/rounds/${roundId}`),
    `# 6. The vehicle stands at ${institutionId}: its nurse checks what she was handed.`,
    await stopStep(nurse, 'checked', { accepted: packIds, rejected: [] }),
    '# 7. Both sign on the telephone of the courier.',
    await stopStep('courier', 'signed', { signatures: signaturesWith(nurse) }),
    '# 8. The biological indicator of the load grows: its packs are recalled from store, vehicle and shelves.',
    `${fail} && ${lines.read(await signIn('infection'), '/v1/recalls')}`,
  ];
}
