/** Writes a pathway's history as lines to read: what was asked, decided and waited for. Events of Temporal that mean nothing to a reader are left out. */
import type { Client } from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';
import { optionalTsToMs, requiredTsToMs } from '@temporalio/common/lib/time.js';
import type { temporal } from '@temporalio/proto';
import type { DecisionRow } from '../../db/kit/pathways.ts';
import { describeError } from '../../domain/kit/errors.ts';
import { wordsOf } from '../../domain/kit/event-words.ts';
import type { Language, Words } from '../../domain/kit/language.ts';
import { toShanghaiSecond } from '../../domain/time/shanghai.ts';
import type { History } from '../../platform/pathway-runs.ts';
import type { CommitAnswer, CommitRequest } from '../../workflows/kit/pathway.ts';
import { durationWords } from '../kit/duration-words.ts';

type HistoryEvent = temporal.api.history.v1.IHistoryEvent;
type Payloads = temporal.api.common.v1.IPayloads | null | undefined;

export const lineTypes = [
  'run',
  'command',
  'fact',
  'commit',
  'refusal',
  'pending',
  'alarm-set',
  'alarm',
  'wait',
  'clock',
  'problem',
  'other',
] as const;

export interface Line {
  /** The id of Temporal's event within its run, or the version of a decision. */
  eventId: number;
  /** An instant on the pathway's own clock. */
  at: Date;
  type: (typeof lineTypes)[number];
  summary: Words;
  waitedSeconds?: number;
}

/** A pause shorter than this is the machine at work. */
const SHORTEST_WAIT_SECONDS = 60;

/** The lines with a line for each long pause between them. */
function withWaits(lines: readonly Line[]): Line[] {
  let before: Date | undefined;
  return lines.flatMap((line) => {
    const seconds = before === undefined ? 0 : Math.round((line.at.getTime() - before.getTime()) / 1_000);
    before = line.at;
    if (seconds < SHORTEST_WAIT_SECONDS) return [line];
    const waited = durationWords(seconds);
    const wait: Line = { ...line, type: 'wait', summary: { zh: `等待 ${waited.zh}`, en: `waited ${waited.en}` }, waitedSeconds: seconds };
    return [wait, line];
  });
}

const joinEventWords = (kind: string, events: readonly string[], language: Language): string =>
  events.map((event) => wordsOf(kind, event)[language]).join(language === 'zh' ? '，' : ', ');

function describeCommit(kind: string, events: readonly string[], version: number): Words {
  return {
    zh: `${joinEventWords(kind, events, 'zh')}（第 ${version} 版）`,
    en: `${joinEventWords(kind, events, 'en')} (version ${version})`,
  };
}

/** From our own log, for a pathway that Temporal has forgotten. */
export function linesOfDecisions(kind: string, decisions: readonly DecisionRow[]): Line[] {
  const lines = decisions.map(({ version, happenedAt, entries }): Line => {
    const events = entries.map(({ event }) => event);
    return { eventId: version, at: happenedAt, type: 'commit', summary: describeCommit(kind, events, version) };
  });
  return withWaits(lines);
}

/** From Temporal's history of one run. */
export async function linesOfRun(client: Client, kind: string, history: History): Promise<Line[]> {
  const events = history.events ?? [];
  const reader = new RunReader(client, kind, events);
  const lines: Line[] = [];
  for (const event of events) {
    const said = await reader.read(event);
    if (said) lines.push({ eventId: Number(event.eventId), at: new Date(requiredTsToMs(event.eventTime, 'eventTime')), ...said });
  }
  return withWaits(lines);
}

type HistoryLine = Pick<Line, 'type' | 'summary'>;

/** Ways an event reads that need no further knowledge; by the name of its attributes. */
const plain: Record<string, HistoryLine | 'says nothing'> = {
  workflowTaskScheduled: 'says nothing',
  workflowTaskStarted: 'says nothing',
  workflowTaskCompleted: 'says nothing',
  activityTaskStarted: 'says nothing',
  timerCanceled: 'says nothing',
  workflowExecutionUpdateAdmitted: 'says nothing',
  workflowExecutionUpdateCompleted: 'says nothing',
  workflowExecutionTimeSkippingTransitioned: 'says nothing',
  timerFired: { type: 'alarm', summary: { zh: '到时', en: 'the time has come' } },
  workflowTaskTimedOut: {
    type: 'problem',
    summary: { zh: '工作进程没有应答，任务重新分配', en: 'a worker did not answer; its work was given to another' },
  },
  workflowTaskFailed: {
    type: 'problem',
    summary: { zh: '工作进程处理失败，将重试', en: 'a worker could not process this; it is tried again' },
  },
  activityTaskTimedOut: { type: 'problem', summary: { zh: '写入超时', en: 'writing to the database timed out' } },
  activityTaskFailed: { type: 'problem', summary: { zh: '写入失败', en: 'writing to the database failed' } },
  workflowExecutionContinuedAsNew: {
    type: 'run',
    summary: { zh: '本段结束，在新的一段中继续', en: 'this run ends; the pathway goes on in a new one' },
  },
  workflowExecutionCompleted: { type: 'run', summary: { zh: '路径结束', en: 'the pathway is over' } },
  workflowExecutionFailed: { type: 'problem', summary: { zh: '路径异常终止', en: 'the pathway failed' } },
  workflowExecutionTimedOut: { type: 'problem', summary: { zh: '路径超时终止', en: 'the pathway timed out' } },
  workflowExecutionTerminated: { type: 'problem', summary: { zh: '路径被管理员终止', en: 'an administrator terminated the pathway' } },
  workflowExecutionCanceled: { type: 'problem', summary: { zh: '路径被取消', en: 'the pathway was cancelled' } },
};

class RunReader {
  readonly #client: Client;
  /** of the pathway */
  readonly #kind: string;
  /** The commits that have ended, by the id of the event that scheduled them. */
  readonly #closed: Set<string>;
  /** What each commit is for, by the id of the event that scheduled it. */
  readonly #asked = new Map<string, string>();

  constructor(client: Client, kind: string, events: readonly HistoryEvent[]) {
    this.#client = client;
    this.#kind = kind;
    this.#closed = new Set(events.flatMap((event) => scheduledBy(event) ?? []));
  }

  async read(event: HistoryEvent): Promise<HistoryLine | undefined> {
    const name = nameOf(event);
    const said = plain[name];
    if (said) return said === 'says nothing' ? undefined : said;
    switch (name) {
      case 'workflowExecutionStarted': {
        const again = Boolean(event.workflowExecutionStartedEventAttributes?.continuedExecutionRunId);
        return {
          type: 'run',
          summary: again ? { zh: '新的一段开始', en: 'a new run begins' } : { zh: '路径开始', en: 'the pathway begins' },
        };
      }
      case 'workflowExecutionUpdateAccepted':
        return describeRequest(this.#kind, 'command', event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input?.name);
      case 'workflowExecutionSignaled':
        return describeRequest(this.#kind, 'fact', event.workflowExecutionSignaledEventAttributes?.signalName);
      case 'activityTaskScheduled':
        return this.#scheduled(event);
      case 'activityTaskCompleted': {
        const { scheduledEventId, result } = event.activityTaskCompletedEventAttributes ?? {};
        return this.#answered(result, this.#asked.get(String(scheduledEventId)));
      }
      case 'markerRecorded':
        return this.#marked(event);
      case 'timerStarted':
        return describeAlarm(event);
      case 'workflowExecutionOptionsUpdated':
        return describeClockPush(event);
      default:
        return { type: 'other', summary: { zh: name, en: name } };
    }
  }

  /** Said only while the commit is under way: once it has ended its answer says more. */
  async #scheduled(event: HistoryEvent): Promise<HistoryLine | undefined> {
    const id = String(event.eventId);
    const request = (await this.#decoded(event.activityTaskScheduledEventAttributes?.input)) as Partial<CommitRequest<unknown>> | undefined;
    const name = request?.event?.name ?? '';
    this.#asked.set(id, name);
    if (this.#closed.has(id)) return undefined;
    const { zh, en } = wordsOf(this.#kind, name);
    return { type: 'pending', summary: { zh: `正在写入：${zh}`, en: `being written: ${en}` } };
  }

  /** A local activity, or a switch between old and new code. */
  async #marked(event: HistoryEvent): Promise<HistoryLine> {
    const { markerName, details, failure } = event.markerRecordedEventAttributes ?? {};
    if (markerName !== 'core_local_activity') return { type: 'other', summary: { zh: `标记 ${markerName}`, en: `marker ${markerName}` } };
    if (failure)
      return { type: 'problem', summary: { zh: '快速写入失败，改用常规方式', en: 'the quick way to write failed; the sure way is taken' } };
    return this.#answered(details?.result, undefined);
  }

  /** `asked`: of a normal activity, whose request stands in the history too. */
  async #answered(result: Payloads, asked: string | undefined): Promise<HistoryLine> {
    const answer = (await this.#decoded(result)) as Partial<CommitAnswer<unknown>> | undefined;
    const { outcome, log = [], event: name = asked } = answer ?? {};
    if (outcome && !outcome.ok) {
      const { code } = outcome.refusal;
      const { zh, en } = describeError(code);
      const event = wordsOf(this.#kind, name ?? '');
      return { type: 'refusal', summary: { zh: `未执行 ${event.zh}：${zh}`, en: `refused, ${event.en}: ${en}` } };
    }
    if (!outcome)
      return { type: 'other', summary: { zh: `补上 ${log.length} 个已存的决定`, en: `caught up with ${log.length} stored decisions` } };
    const events = log.at(-1)?.entries.map(({ event }) => event) ?? [];
    return { type: 'commit', summary: describeCommit(this.#kind, events.length > 0 ? events : [name ?? ''], outcome.version) };
  }

  /** Resolves with undefined for data that cannot be read here, such as data under a key that is gone. */
  async #decoded(payloads: Payloads): Promise<unknown> {
    try {
      return (await decodeArrayFromPayloads(this.#client.options.loadedDataConverter, payloads?.payloads))[0];
    } catch {
      return undefined;
    }
  }
}

const suffix = 'EventAttributes';

function nameOf(event: HistoryEvent): string {
  const attributes = Object.entries(event).find(([key, value]) => key.endsWith(suffix) && value);
  return attributes?.[0].slice(0, -suffix.length) ?? 'unknown';
}

function scheduledBy({
  activityTaskCompletedEventAttributes: completed,
  activityTaskFailedEventAttributes: failed,
  activityTaskTimedOutEventAttributes: timedOut,
}: HistoryEvent): string | undefined {
  const ended = completed ?? failed ?? timedOut;
  return ended?.scheduledEventId ? String(ended.scheduledEventId) : undefined;
}

function describeRequest(kind: string, type: 'command' | 'fact', name: string | null | undefined): HistoryLine {
  const { zh, en } = wordsOf(kind, name ?? '');
  return type === 'command'
    ? { type, summary: { zh: `收到指令：${zh}`, en: `asked: ${en}` } }
    : { type, summary: { zh: `收到事实：${zh}`, en: `heard: ${en}` } };
}

function describeAlarm({ eventTime, timerStartedEventAttributes }: HistoryEvent): HistoryLine {
  const rings = requiredTsToMs(eventTime, 'eventTime') + (optionalTsToMs(timerStartedEventAttributes?.startToFireTimeout) ?? 0);
  // Temporal counts to the nanosecond; the pathway set it to the second.
  const at = toShanghaiSecond(Math.round(rings / 1_000) * 1_000);
  return { type: 'alarm-set', summary: { zh: `下次到时：${at}`, en: `waits until ${at} at the latest` } };
}

function describeClockPush({ workflowExecutionOptionsUpdatedEventAttributes }: HistoryEvent): HistoryLine {
  const ms = optionalTsToMs(workflowExecutionOptionsUpdatedEventAttributes?.timeSkippingConfig?.fastForwardConfig?.duration);
  if (ms === undefined) return { type: 'other', summary: { zh: '运行选项已更改', en: 'the options of the run were changed' } };
  const by = durationWords(ms / 1_000);
  return { type: 'clock', summary: { zh: `时钟快进 ${by.zh}`, en: `the clock is pushed forward by ${by.en}` } };
}
