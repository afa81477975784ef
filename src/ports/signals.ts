/** Runs `end` for each signal that asks us to end: TERM, INT and HUP. */
export function onEndSignals(end: (signal: NodeJS.Signals) => void): void {
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => end(signal));
}
