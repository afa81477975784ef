import { isatty } from "node:tty";

/** Runs `end` for each signal that asks us to end: TERM, INT and HUP. */
export function onEndSignals(end: () => void): void {
  onSignals({ end, hangUp: end });
}

/**
 * Runs `end` for TERM and INT, and `reload` for HUP, by which services are told to read their configuration. Where we belong
 * to a terminal HUP says that it is gone, and asks us to end.
 */
export function onServiceSignals(end: () => void, reload: () => void): void {
  onSignals({ end, hangUp: isatty(0) ? end : reload });
}

function onSignals({ end, hangUp }: { readonly end: () => void; readonly hangUp: () => void }): void {
  process.on("SIGTERM", end);
  process.on("SIGINT", end);
  process.on("SIGHUP", hangUp);
}
