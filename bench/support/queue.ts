/** A queue in seconds: what arrives in a second joins the end, and so many are served in each. */

/** Adds arrivals evenly to so many seconds from a given one on; 0 means all at once. */
export function spreadOver(arrivals: Float64Array, from: number, seconds: number, count: number): void {
  const width = Math.max(1, seconds);
  for (let second = from; second < from + width && second < arrivals.length; second += 1)
    arrivals[second] = (arrivals[second] ?? 0) + count / width;
}

/** The longest time that anybody waits until served, first come first served. */
export function longestWaitSeconds(arrivals: Float64Array, servedPerSecond: number): number {
  let waiting = 0;
  let longest = 0;
  for (const arrived of arrivals) {
    waiting += arrived;
    longest = Math.max(longest, waiting / servedPerSecond);
    waiting = Math.max(0, waiting - servedPerSecond);
  }
  return longest;
}
