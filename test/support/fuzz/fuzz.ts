/** Sends mutated HL7 v2 messages and FHIR bodies to the running service and watches that each is answered, rightly, and that memory stays where it is. */
import { createRandom, type Random } from '../../../domain/kit/random.ts';
import { mutateMessage } from './mutate-hl7v2.ts';
import { mutateJson } from './mutate-json.ts';
import { fhirSeeds, hl7v2Seeds, withdrawalOf } from './seeds.ts';
import { varyMessage } from './vary-hl7v2.ts';
import { varyJson } from './vary-json.ts';

export interface FuzzOptions {
  count: number;
  seed: number;
  apiUrl: string;
  /** A token of the machine account `gateway`. */
  token: string;
  /** Is called with one line now and then, and for each answer that is none. */
  say(line: string): void;
}

export interface FuzzReport {
  /** One sentence for each answer that is none: a status of 500 and more, silence, a failure in another form than its standard's. */
  broken: string[];
  /** The number of answers by what they are, such as `hl7v2 AE` or `fhir 422`. */
  answers: Record<string, number>;
  /** Memory that the API held after the first tenth and at the end, in megabytes. */
  memoryMb: { early: number; late: number };
  seconds: number;
}

const AT_ONCE = 4;
/** Longer than the 5 s that the API takes for an answer at most, on a busy machine. */
const PATIENCE_MS = 60_000;
const MOST_BROKEN = 50;
/** So many messages and bodies are only written in another way, and most of them are taken: what is taken must be done whole. */
const RIGHT_SHARE = 0.3;

export async function runFuzz({ count, seed, apiUrl, token, say }: FuzzOptions): Promise<FuzzReport> {
  const startedAt = Date.now();
  const answers: Record<string, number> = {};
  const broken: string[] = [];
  const memory: number[] = [];
  const tell = (n: number, said: string, wrong: string | undefined) => {
    answers[said] = (answers[said] ?? 0) + 1;
    if (wrong === undefined || broken.length >= MOST_BROKEN) return;
    broken.push(`#${n} (seed ${seed}): ${wrong}`);
    // A long run that is ended early has told what it found.
    say(broken.at(-1) ?? '');
  };
  let next = 0;
  const lane = async () => {
    while (next < count && broken.length < MOST_BROKEN) {
      const n = next;
      next += 1;
      // Each case follows from the seed and its number alone, so that one of them can be repeated.
      const random = createRandom(seed * 1_000_003 + n);
      const { said, wrong } = await (random.chance(0.5) ? sendMessage(random, n) : sendResource(random, n));
      tell(n, said, wrong);
      if (n % Math.max(1, Math.floor(count / 10)) === 0) {
        memory.push(await readMemoryMb(apiUrl));
        say(`${n} of ${count}, ${memory.at(-1)} MB, ${broken.length} broken`);
      }
    }
  };

  async function ask(method: string, path: string, headers: Record<string, string>, body: string): Promise<Response | undefined> {
    try {
      return await fetch(`${apiUrl}${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, ...headers },
        body,
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
    } catch {
      return undefined;
    }
  }

  async function sendMessage(random: Random, n: number): Promise<Told> {
    const identity = identityOf(seed, n);
    const isRight = random.chance(RIGHT_SHARE);
    const right = isRight
      ? (hl7v2Seeds[random.integer(0, 1)] as (identity: string) => string)(identity)
      : random.pick(hl7v2Seeds)(identity);
    const message = isRight ? varyMessage(right, random) : mutateMessage(right, random);
    const response = await ask('POST', '/v1/hl7v2', { 'content-type': 'x-application/hl7-v2+er7' }, message);
    if (!response) return { said: 'hl7v2 nothing', wrong: `no answer to ${shown(message)}` };
    const text = await response.text();
    const code = /(?:^|\r)MSA.([A-Z]{2})/.exec(text)?.[1];
    // An open referral of the patient would have every later one refused.
    if (isRight && code === 'AA') await ask('POST', '/v1/hl7v2', { 'content-type': 'x-application/hl7-v2+er7' }, withdrawalOf(identity));
    const said = `hl7v2 ${code ?? response.status}`;
    if (response.status >= 500) return { said, wrong: `${response.status} to ${shown(message)}` };
    return code === undefined && response.status < 400 ? { said, wrong: `no MSA to ${shown(message)}` } : { said };
  }

  async function sendResource(random: Random, n: number): Promise<Told> {
    const { method, path, body } = random.pick(fhirSeeds)(identityOf(seed, n));
    const text = random.chance(RIGHT_SHARE) ? varyJson(body, random) : mutateJson(body, random);
    const response = await ask(method, path, { 'content-type': 'application/fhir+json' }, text);
    if (!response) return { said: 'fhir nothing', wrong: `no answer to ${path} ${shown(text)}` };
    const said = `fhir ${response.status}`;
    const answer = (await response.json().catch(() => undefined)) as { resourceType?: string } | undefined;
    // Whether a command is decided in time is not what is looked at: 503 says that it is not.
    if (response.status >= 500 && response.status !== 503) return { said, wrong: `${response.status} to ${path} ${shown(text)}` };
    const isWrongForm = answer?.resourceType === undefined || (response.status >= 400 && answer.resourceType !== 'OperationOutcome');
    return isWrongForm ? { said, wrong: `no resource in ${response.status} to ${path} ${shown(text)}` } : { said };
  }

  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  memory.push(await readMemoryMb(apiUrl));
  return {
    broken,
    answers: Object.fromEntries(Object.entries(answers).sort()),
    memoryMb: { early: memory[1] ?? memory[0] ?? 0, late: memory.at(-1) ?? 0 },
    seconds: Math.round((Date.now() - startedAt) / 1_000),
  };
}

interface Told {
  said: string;
  wrong?: string;
}

/** The same in every run of the seed, and another one in each case: what repeats an identity repeats a message. */
const identityOf = (seed: number, n: number): string => `fuzz-${seed}-${n}`;

const shown = (text: string): string => JSON.stringify(text).slice(0, 600);

async function readMemoryMb(apiUrl: string): Promise<number> {
  // An API that has just ended is told among what is broken.
  const text = await fetch(`${apiUrl}/metrics`).then(
    (response) => response.text(),
    () => '',
  );
  return Math.round(Number(/^\S*process_resident_memory_bytes(?:\{[^}]*\})? (\S+)$/m.exec(text)?.[1] ?? 0) / 1_048_576);
}
