/**
 * An SMS gateway, a mail server and group robots that misbehave on demand and deduplicate like real ones: by key, or by Message-ID
 * (a real robot does not: `requests` is what its group would read).
 * `requests` is everything that arrived, `deliveries` what a person would have got.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type MailAnswer,
  type Sink,
  type SmsAnswer,
  startMailSink,
  startSmsSink,
  startWecomSink,
  type WecomAnswer,
} from '../../../tools/demo-sinks.ts';

type Behaviour =
  | { kind: 'accept' }
  /** takes the message and answers after `ms` */
  | { kind: 'slow'; ms: number }
  /** takes the message and never answers */
  | { kind: 'accept-then-silence' }
  /** does not take the message; a robot's `status` below 100 or above 599 is its errcode */
  | { kind: 'refuse'; status: number; retryAfterSeconds?: number };

interface Received {
  /** key of an SMS, Message-ID of a mail */
  key: string;
  to: string;
  text: string;
  /** performance.now() of its arrival, ms */
  at: number;
}

export interface ControlledSink {
  url: string;
  requests: Received[];
  deliveries: Map<string, Received>;
  /** From now on; with `times` for the next so many messages, then as before. */
  behave(behaviour: Behaviour, times?: number): void;
  /** Connections are refused until `comeUp`. */
  goDown(): Promise<void>;
  comeUp(): Promise<void>;
  stop(): Promise<void>;
}

type Answer = 'accept' | 'silence' | { status: number; retryAfterSeconds?: number };
type Receive = (received: Omit<Received, 'at'>) => Promise<Answer>;

async function startControlledSink(listen: (receive: Receive, port: number) => Promise<Sink>): Promise<ControlledSink> {
  const requests: Received[] = [];
  const deliveries = new Map<string, Received>();
  let usual: Behaviour = { kind: 'accept' };
  const next: Behaviour[] = [];

  const receive: Receive = async (message) => {
    const received = { ...message, at: performance.now() };
    requests.push(received);
    const behaviour = next.shift() ?? usual;
    if (behaviour.kind === 'refuse') return behaviour;
    if (!deliveries.has(received.key)) deliveries.set(received.key, received);
    if (behaviour.kind === 'slow') await sleep(behaviour.ms);
    return behaviour.kind === 'accept-then-silence' ? 'silence' : 'accept';
  };

  let sink: Sink | undefined = await listen(receive, 0);
  const { url } = sink;
  const goDown = async (): Promise<void> => {
    await sink?.stop();
    sink = undefined;
  };
  return {
    url,
    requests,
    deliveries,
    behave(behaviour, times) {
      if (times === undefined) usual = behaviour;
      else next.push(...Array.from({ length: times }, () => behaviour));
    },
    goDown,
    async comeUp() {
      sink ??= await listen(receive, Number(new URL(url).port));
    },
    stop: goDown,
  };
}

export const startControlledSmsSink = (): Promise<ControlledSink> =>
  startControlledSink((receive, port) =>
    startSmsSink(async ({ key, to, text }): Promise<SmsAnswer> => {
      const answer = await receive({ key, to, text });
      return answer === 'accept' ? { status: 202 } : answer;
    }, port),
  );

const isHttp = (status: number): boolean => status >= 100 && status <= 599;

/** `to`: the robot's key, with the numbers that it mentions. */
export const startControlledWecomSink = (): Promise<ControlledSink> =>
  startControlledSink((receive, port) =>
    startWecomSink(async ({ key, robot, text, mentioned }): Promise<WecomAnswer> => {
      const answer = await receive({ key, to: [robot, ...mentioned].join(' '), text });
      if (answer === 'accept') return { errcode: 0 };
      return answer === 'silence' || isHttp(answer.status) ? answer : { errcode: answer.status };
    }, port),
  );

/** A mail server knows no Retry-After; a status is its reply code. */
export const startControlledMailSink = (): Promise<ControlledSink> =>
  startControlledSink((receive, port) =>
    startMailSink(
      {
        async receive({ messageId, to, raw }): Promise<MailAnswer> {
          const answer = await receive({ key: messageId, to, text: raw });
          return typeof answer === 'string' ? answer : { code: answer.status, reply: `refused for ${to}` };
        },
      },
      port,
    ),
  );
