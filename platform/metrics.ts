/** The Prometheus metrics of a process. Labels are kinds and codes, never ids: an id would make a time series of its own and may point to a person. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export type Metrics = ReturnType<typeof createMetrics>;

export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    requests: new Histogram({
      name: 'carepath_http_request_seconds',
      help: 'HTTP requests by operation and status',
      labelNames: ['operation', 'status'],
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
    commands: new Counter({
      name: 'carepath_commands_total',
      help: 'Commands by pathway and result',
      labelNames: ['kind', 'result'],
      registers,
    }),
    decisions: new Counter({
      name: 'carepath_commits_total',
      help: 'Commits by pathway and result',
      labelNames: ['kind', 'result'],
      registers,
    }),
    messages: new Counter({
      name: 'carepath_message_attempts_total',
      help: 'Attempts to send a message',
      labelNames: ['channel', 'result'],
      registers,
    }),
    waiting: new Gauge({
      name: 'carepath_waiting',
      help: 'Rows that wait: commands without answer, messages, open pathways overdue',
      labelNames: ['what'],
      registers,
    }),
  };
}
