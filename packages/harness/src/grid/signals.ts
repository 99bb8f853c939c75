/**
 * A signal that aborts at the first SIGINT or SIGTERM. A second one ends this process at once; its children notice by
 * themselves.
 */
export function abortOnSignals(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(1);
      controller.abort(name);
    });
  }
  return controller.signal;
}
