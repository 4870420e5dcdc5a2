/**
 * How long each queue waits before it tries a row again: the one place to change it. `leaseSeconds`: how long a row that somebody has taken is
 * nobody else's; longer than one attempt may take, so that no row is sent twice at a time. `retry`: the waits after failed attempts.
 */
export const queueCadences = {
  /** Commands that Temporal has not answered: an attempt takes 10 s at most, and the end of the lease is the next attempt. */
  commands: { leaseSeconds: 15 },
  /**
   * Facts for pathways: these decide within a second, and within some seconds when a worker has died. A second Signal is safe and costs the
   * history a few events. The end of the lease is the next attempt.
   */
  facts: { retry: { baseSeconds: 5, capSeconds: 300 } },
  /** A Signal fails while Temporal is away, or while the pathway that Postgres has already has no workflow yet: both end within seconds. */
  factsNotSent: { retrySeconds: 2 },
  /**
   * The outbox: an attempt is given up after 20 s. The longest wait is five minutes, because an emergency call must not be held back much longer
   * than the outage of its gateway lasts.
   */
  messages: { leaseSeconds: 60, retry: { baseSeconds: 2, capSeconds: 300 } },
  /** HL7 v2 to institutions' own systems: an answer is waited for 10 s. */
  hl7v2: { leaseSeconds: 30, retry: { baseSeconds: 5, capSeconds: 300 } },
};
