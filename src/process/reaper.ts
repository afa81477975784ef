import type { ApartProcess, StartApart } from "../ports/apart.ts";
import type { Clock } from "../ports/clock.ts";
import type { Spawn, StartedProcess } from "../ports/spawn.ts";
import { childEnvironment } from "./environment.ts";

/** The variable by which children, and what they start in sessions of their own, are found again. */
const markName = "TUTTI_CHILD";

/** So long after its group what a child has left elsewhere may end by itself, because pipes close. */
const sweepMs = 1000;
const lookMs = 1000;
const firstWaitMs = 100;
const longestWaitMs = 60_000;
/** A reaper that has lived as long has not ended because it cannot run here. */
const steadyMs = 10_000;

/**
 * The whole reaper, for any POSIX shell. `$1` is what stands in the environment of all marked children; empty: none are.
 * It reads `+ GROUP` and `- GROUP`, `! MARK` (what still carries it is to end now), `.` (it is not needed any more), and at
 * the end of its input, which is our own end, ends all groups and all that is marked: TERM, and KILL 0.7 s later, or 0.2 s
 * where no group is left, because what is only marked has had its time then. Times are in hundredths of a second.
 *
 * - macOS lets its owner choose dash, bash or zsh as sh: `end` is a word of the last.
 * - dash takes no other form of `kill` for groups than `-s NAME -- -GROUP`.
 * - Invariant: a group that was seen empty is never signalled again.
 * - It looks for a while, because a child that had only just been forked shows its mark a little later.
 * - Nothing runs in the background: a shell that waits for input collects no dead.
 */
const script = `
trap '' HUP INT QUIT TERM
PATH=/usr/bin:/bin:$PATH
groups= now=0
left() {
  found=1 rest=
  for group in $groups; do
    kill -s "$1" -- "-$group" 2>/dev/null && found=0 && rest="$rest $group"
  done
  groups=$rest
  [ -n "$2" ] || return $found
  [ "$1$found" != 00 ] || return 0
  for file in $(grep -lsF -e "$2" /proc/[0-9]*/environ); do
    file=\${file#/proc/}
    kill -s "$1" "\${file%/environ}" 2>/dev/null && found=0
  done
  return $found
}
look() {
  if read -r up idle </proc/uptime; then now=\${up%.*}\${up#*.}; else now=$((now + 11)); fi 2>/dev/null
}
pause() {
  sleep 0.1 2>/dev/null || { sleep 1 && now=$((now + 90)); }
  look
}
finish() {
  look
  begun=$now
  left TERM "$1"
  pause
  while [ $((now - begun)) -lt "$2" ]; do
    left 0 "$1" || [ $((now - begun)) -lt 25 ] || return
    pause
  done
  for time in 1 2 3 4; do
    left KILL "$1" || return
    pause
  done
}
while read -r what name; do
  case $what in
  +) groups="$groups $name" ;;
  -)
    rest=
    for group in $groups; do [ "$group" = "$name" ] || rest="$rest $group"; done
    groups=$rest
    ;;
  !)
    kept=$groups groups=
    left 0 "$name" && finish "$name" 30
    groups=$kept
    ;;
  .) exit ;;
  esac
done
grace=20
[ -z "$groups" ] || grace=70
finish "$1" $grace
exit 0
`;

export type ReaperOptions = {
  /** Undefined where processes cannot be ended so; then nothing is done. */
  readonly startApart?: StartApart | undefined;
  readonly clock: Clock;
  readonly random: (count: number) => Buffer;
  /** Our own. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** The reaper has ended and will be started again, for this reason: one line. */
  readonly failed: (reason: string) => void;
};

/**
 * Ends what our children leave behind, and all of them when our own process is gone, however it goes: a process apart
 * knows their groups and notices our end. It is there while a child is, and started again should it end.
 *
 * A child whose spawn was under way in the moment of our end, and a process that left its child's group, are found by a
 * mark in their environment: on Linux only, and only where they have not cleared it.
 */
export class Reaper {
  readonly #options: ReaperOptions;
  /** In the environment of all that is marked; empty where marks cannot be read. */
  readonly #run: string;
  readonly #groups = new Set<number>();
  #marks = 0;
  /** Groups that are gone, and whose marks are still to be looked for. */
  #sweeps = 0;
  #process: ApartProcess | undefined;
  #startedAt = 0;
  /** Until it is started again, and how long it takes until then. */
  #isWaiting = false;
  #waitMs = 0;

  constructor(options: ReaperOptions) {
    this.#options = options;
    this.#run = options.platform === "linux" ? `@${options.random(16).toString("hex")}` : "";
  }

  /**
   * The same `spawn`, whose processes end with us. `isMarked`: their descendants in other groups too, which may be
   * something that is meant to stay.
   */
  watched(spawn: Spawn, { isMarked }: { readonly isMarked: boolean }): Spawn {
    if (this.#options.startApart === undefined) return spawn;
    return {
      ...spawn,
      start: (launch) => {
        if (this.#process === undefined && !this.#isWaiting) this.#start();
        this.#marks += 1;
        const mark = isMarked && this.#run !== "" ? `${this.#marks}${this.#run}` : undefined;
        // Who sets the variable otherwise has a reason.
        const env = mark === undefined ? launch.env : { [markName]: mark, ...launch.env };
        const child = spawn.start({ ...launch, env });
        if (child.pid !== undefined) return this.#watch(child, child.pid, mark);
        this.#rest();
        return child;
      },
    };
  }

  #watch(child: StartedProcess, group: number, mark: string | undefined): StartedProcess {
    this.#groups.add(group);
    this.#process?.write(`+ ${group}\n`);
    const { clock } = this.#options;
    const signalGroup: StartedProcess["signalGroup"] = (signal) => {
      const isLeft = child.signalGroup(signal);
      // Nothing survives a KILL: it has only not ended yet.
      const isOver = !isLeft || signal === "SIGKILL";
      if (isOver && this.#groups.delete(group)) this.#forget(group, mark);
      return isLeft;
    };
    // Who stops a child may give it up before the last of its group is gone.
    const look = (): void => {
      if (signalGroup(0)) clock.after(lookMs, look);
    };
    void child.exit.then(look, look);
    return { ...child, signalGroup };
  }

  #forget(group: number, mark: string | undefined): void {
    this.#process?.write(`- ${group}\n`);
    this.#sweeps += 1;
    this.#options.clock.after(sweepMs, () => {
      this.#sweeps -= 1;
      if (mark !== undefined) this.#process?.write(`! ${markName}=${mark}\n`);
      this.#rest();
    });
  }

  #rest(): void {
    if (this.#groups.size > 0 || this.#sweeps > 0) return;
    this.#process?.write(".\n");
    this.#process = undefined;
  }

  #start(): void {
    const { startApart, clock, env, platform, failed } = this.#options;
    const reaper = startApart?.({
      command: "/bin/sh",
      args: ["-c", script, "tutti-reaper", this.#run],
      env: childEnvironment(env, {}, platform),
      cwd: "/",
    });
    this.#process = reaper;
    this.#startedAt = clock.now();
    for (const group of this.#groups) reaper?.write(`+ ${group}\n`);
    void reaper?.ended.then((reason) => {
      if (this.#process !== reaper) return; // It was not needed any more.
      this.#process = undefined;
      const isSteady = clock.now() - this.#startedAt > steadyMs;
      this.#waitMs = isSteady ? firstWaitMs : Math.min(Math.max(2 * this.#waitMs, firstWaitMs), longestWaitMs);
      failed(reason);
      this.#isWaiting = true;
      clock.after(this.#waitMs, () => {
        this.#isWaiting = false;
        if (this.#groups.size > 0) this.#start();
      });
    });
  }
}
