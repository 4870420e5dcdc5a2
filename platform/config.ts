/** The settings of the processes, read from the environment once, when a process starts. Every name also works as NAME_FILE, the path of a file that holds the value. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';

const flag = z.enum(['0', '1', 'false', 'true']).transform((value) => value === '1' || value === 'true');
/** The error message names what is expected and never what was given, because the keys of the robots are secret. */
const robots = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue({ code: 'custom', message: 'a JSON object such as {"*": "key"}' });
      return z.NEVER;
    }
  })
  .pipe(z.record(z.string(), z.string().regex(/^[\w-]{1,200}$/, 'the key of a robot, without its address')));
const port = z.coerce.number().int().min(0).max(65535);

const endpoint = /^([^=\s]+)=((mllp|http|https):\/\/\S+)$/;

function parseEndpoints(text: string, context: z.RefinementCtx): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const part of text.split(/\s+/).filter(Boolean)) {
    const [, institutionId, url] = endpoint.exec(part) ?? [];
    const usable =
      institutionId !== undefined && url !== undefined && URL.canParse(url) && (!url.startsWith('mllp:') || new URL(url).port !== '');
    if (usable) found.set(institutionId, url);
    else context.addIssue({ code: 'custom', message: 'each is institution=mllp://host:port or institution=https://…' });
  }
  return found;
}

const BundleJwk = z.object({ kty: z.literal('EC'), crv: z.literal('P-256'), x: z.string(), y: z.string(), d: z.string() });
const bundleJwkExample = '{"kty": "EC", "crv": "P-256", "x": "…", "y": "…", "d": "…"}';

const AuditJwk = z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), d: z.string().regex(/^[\w-]{43}$/) });
const auditJwkExample = '{"kty": "OKP", "crv": "Ed25519", "x": "…", "d": "…"}';

const parseJwk =
  <Shape extends z.ZodType>(schema: Shape, example: string) =>
  (text: string, context: z.RefinementCtx): z.output<Shape> => {
    try {
      return schema.parse(JSON.parse(text));
    } catch {
      context.addIssue({ code: 'custom', message: `a private JWK such as ${example}` });
      return z.NEVER;
    }
  };

const Environment = z.object({
  /** Postgres 15 or newer, e.g. postgres://carepath:…@localhost:5432/carepath */
  DATABASE_URL: z.string().min(1),
  /** host:port of the Temporal frontend */
  TEMPORAL_ADDRESS: z.string().min(1),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  CAREPATH_TASK_QUEUE: z.string().min(1).default('carepath'),
  CAREPATH_API_HOST: z.string().default('127.0.0.1'),
  CAREPATH_API_PORT: port.default(8080),
  /** Where the worker process serves health and metrics. */
  CAREPATH_WORKER_HOST: z.string().default('127.0.0.1'),
  CAREPATH_WORKER_PORT: port.default(8081),
  /** How many API processes run side by side: they share the 8 Updates in flight that one pathway may have. */
  CAREPATH_API_PROCESSES: z.coerce.number().int().min(1).max(8).default(2),
  /** HL7 v2 over MLLP: the address to listen on (without a port nothing listens), and the machine account whose institution the messages come from. */
  CAREPATH_MLLP_HOST: z.string().default('127.0.0.1'),
  CAREPATH_MLLP_PORT: port.optional(),
  CAREPATH_MLLP_ACCOUNT: z.string().min(1).default('gateway'),
  /** Where institutions' own systems take HL7 v2 from the worker, separated by spaces: inst-h1=mllp://10.0.0.5:2575 inst-c01=https://his.c01.lan/hl7v2 */
  CAREPATH_HL7V2_ENDPOINTS: z.string().default('').transform(parseEndpoints),
  /** Secret that signs the bearer tokens, at least 32 characters, the same for all API processes. */
  CAREPATH_TOKEN_SECRET: z.string().min(32),
  /** The private key that signs the bundles of rounds, a JWK on P-256. By default it follows from the secret of the tokens. */
  CAREPATH_BUNDLE_KEY: z.string().transform(parseJwk(BundleJwk, bundleJwkExample)).optional(),
  /** The private key that signs the checkpoints of the audit, a JWK on Ed25519. By default it follows from the secret of the tokens. */
  CAREPATH_AUDIT_KEY: z.string().transform(parseJwk(AuditJwk, auditJwkExample)).optional(),
  /** The key under which the secrets of second factors are stored: 32 bytes as base64url. By default it follows from the secret of the tokens. */
  CAREPATH_SECRETS_KEY: z
    .string()
    .regex(/^[\w-]{43}$/, '32 bytes as base64url, without padding')
    .optional(),
  /** The roles that need a second factor beside the administrators, who need one wherever it is no demonstration; separated by commas. */
  CAREPATH_SECOND_FACTOR_ROLES: z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((role) => role.trim())
        .filter(Boolean),
    ),
  /** Demo accounts, the demo clock and the demo outbox. Never on a server with real patients. */
  CAREPATH_DEMO: flag.default(false),
  /** The origins that browsers may call from, separated by commas. By default there are none. */
  CAREPATH_CORS_ORIGINS: z.string().default(''),
  /** Where staff open carepath, as a digest tells them. */
  CAREPATH_PUBLIC_URL: z.url().default('http://127.0.0.1:8080'),
  /** SMS gateway: POST {to, text, key} */
  CAREPATH_SMS_URL: z.url().optional(),
  /** The alliance's gateways to its WeChat official account and to its app: POST {to: the patient's id, text, key} */
  CAREPATH_WECHAT_URL: z.url().optional(),
  CAREPATH_APP_URL: z.url().optional(),
  /** e.g. smtp://mail.hospital.lan:25 */
  CAREPATH_SMTP_URL: z.url().optional(),
  CAREPATH_MAIL_FROM: z.string().default('carepath@alliance.invalid'),
  /** WeCom group robots: their keys as JSON, by the id of the team, department or institution whose group a robot is in, `*` for all others. */
  CAREPATH_WECOM_ROBOTS: robots.default({}),
  CAREPATH_WECOM_URL: z.url().default('https://qyapi.weixin.qq.com/cgi-bin/webhook/send'),
  /** A workflow goes on in a new run once its history has more events or bytes than this: a year of follow-up, which is read again in a tenth of a second. */
  CAREPATH_EVENT_CAP: z.coerce.number().int().min(20).max(10_000).default(200),
  CAREPATH_BYTE_CAP: z.coerce.number().int().min(10_000).max(10_000_000).default(65_536),
  /** How many pathways a worker keeps in memory between their steps. By default one for each 10 MB of the machine, from 200 to 2,000. */
  CAREPATH_CACHED_PATHWAYS: z.coerce.number().int().min(10).max(100_000).optional(),
  CAREPATH_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  /** Where the workflow bundle is kept between starts. */
  CAREPATH_CACHE_FOLDER: z.string().default('.carepath/cache'),
});

export type Config = z.infer<typeof Environment>;

/** Reads the settings. Throws an Error with one sentence for each wrong setting, which names the setting and never its value. */
export function loadConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const values: Record<string, string> = {};
  for (const name of Object.keys(Environment.shape)) {
    const file = environment[`${name}_FILE`];
    const value = environment[name];
    if (value !== undefined && value !== '') values[name] = value;
    else if (file) values[name] = readSecret(`${name}_FILE`, file);
  }
  const parsed = Environment.safeParse(values);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new Error(`The settings are not usable. ${wrong.join('; ')}. See the configuration table in README.md.`);
}

function readSecret(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new Error(`The settings are not usable. ${name} names a file that cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
}
