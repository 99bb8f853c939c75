/** The longest time that the thread sleeps between two looks at the device. */
const NAP_MS = 0.5;

/**
 * Waits for the device while leaving the processor to it. As long as anything is under way, npm's Dawn asks for news at
 * every turn of the event loop, which keeps one core busy; where shaders run on the CPU, that core is one of theirs (on
 * two cores, [1024, 384] by [384, 384] took 15 to 19 ms on llvmpipe instead of 10 to 11). So this thread sleeps between
 * the turns. For software adapters only: timers and signals wait with it, for up to half a millisecond.
 */
export async function patiently<T>(work: Promise<T>): Promise<T> {
  let isSettled = false;
  const settle = (): void => {
    isSettled = true;
  };
  work.then(settle, settle);
  const nobodyWakesIt = new Int32Array(new SharedArrayBuffer(4));
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  await turn();
  while (!isSettled) {
    Atomics.wait(nobodyWakesIt, 0, 0, NAP_MS);
    await turn();
  }
  return work;
}
