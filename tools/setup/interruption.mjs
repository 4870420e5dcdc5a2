/** Interruptions by Ctrl-C, SIGTERM or a closed terminal. The first one asks for an orderly stop, the second one kills. */

export class Interrupted extends Error {
  /** @param {number} exitCode 128 + the signal's number, as shells count */
  constructor(exitCode) {
    super('interrupted');
    this.exitCode = exitCode;
  }
}

const controller = new AbortController();

/** Aborted by the first signal; its reason is an Interrupted. */
export const interruption = controller.signal;

const exitCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

/** One press of Ctrl-C can arrive twice, from the terminal and passed on by npm. */
const samePressMilliseconds = 300;

/** @param {() => void} killHard what a second signal does */
export function watchSignals(killHard) {
  let firstAt = 0;
  /** @param {keyof typeof exitCodes} signal */
  const onSignal = (signal) => {
    if (!interruption.aborted) {
      firstAt = Date.now();
      controller.abort(new Interrupted(exitCodes[signal]));
    } else if (Date.now() - firstAt > samePressMilliseconds) {
      killHard();
    }
  };
  process.on('SIGINT', () => onSignal('SIGINT'));
  process.on('SIGTERM', () => onSignal('SIGTERM'));
  process.on('SIGHUP', () => onSignal('SIGHUP'));

  // npm passes a SIGTERM on only to its shell, which dies without a word. So this watches whether the shell is still the parent.
  if (process.env.npm_lifecycle_event) {
    const parent = process.ppid;
    const watch = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(watch);
      onSignal('SIGTERM');
    }, 250);
    watch.unref();
  }
}
