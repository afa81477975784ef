import { PassThrough } from "node:stream";
import type { ChildLaunch, Exit, GroupSignal, Spawn, StartedProcess } from "../../src/ports/spawn.ts";
import type { Dice } from "./dice.ts";
import { Inbound, LineCutter, Outbound, type Weather } from "./pipes.ts";
import type { ProcessLog } from "./process-log.ts";

/** What runs in a process. */
export type Program = {
  readonly line: (text: string) => void;
  /** Its input has ended. */
  readonly inputEnded: () => void;
};

/** How a process takes it to be ended. */
export type Temper = {
  readonly ignoresEnd: boolean;
  readonly ignoresTerm: boolean;
  /** A process that it has started holds its output open when it dies. */
  readonly hasHeir: boolean;
};

/** One process of a server. */
export class SimProcess {
  readonly pid: number;
  readonly stdin: Outbound;
  readonly stdout: Inbound;
  readonly stderr: Inbound;
  readonly exit: Promise<Exit>;
  readonly log: ProcessLog;
  isAlive = true;
  /** Set by whoever runs in it. */
  program: Program | undefined;
  readonly #temper: Temper;
  readonly #weather: Weather;
  #isGroupAlive = true;
  #tellExit: (exit: Exit) => void = () => {};

  constructor(pid: number, log: ProcessLog, temper: Temper, weather: Weather) {
    this.pid = pid;
    this.log = log;
    this.#temper = temper;
    this.#weather = weather;
    this.exit = new Promise((resolve) => {
      this.#tellExit = resolve;
    });
    const arriving = new LineCutter((line) => log.arriving(line));
    const written = new LineCutter((line) => log.written(line));
    const read = new LineCutter((line) => {
      if (this.isAlive) this.program?.line(line);
    });
    this.stdout = new Inbound(weather, (bytes) => arriving.push(bytes));
    this.stderr = new Inbound(weather, () => {});
    this.stdin = new Outbound(weather, {
      written: (bytes) => written.push(bytes),
      read: (bytes) => read.push(bytes),
      ended: () => {
        if (!this.isAlive || temper.ignoresEnd) return;
        this.program?.inputEnded();
        weather.scheduler.later(weather.dice.next() * 50, () => this.die(0, null));
      },
    });
  }

  get isGroupAlive(): boolean {
    return this.#isGroupAlive;
  }

  /** Writes one line. */
  say(line: string): void {
    if (!this.isAlive) return;
    this.log.said(line);
    this.stdout.give(`${line}\n`);
  }

  /** Writes bytes as they are. */
  babble(bytes: string): void {
    if (this.isAlive) this.stdout.give(bytes);
  }

  die(code: number | null, signal: NodeJS.Signals | null): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    const { scheduler, dice } = this.#weather;
    this.stdin.break();
    for (const output of [this.stdout, this.stderr]) output.hurry();
    this.log.died();
    if (!this.#temper.hasHeir) this.#groupDies();
    scheduler.later(dice.next() * 5, () => this.#tellExit({ code, signal }));
  }

  signal(signal: GroupSignal): boolean {
    if (!this.#isGroupAlive) return false;
    if (signal === 0 || (signal === "SIGTERM" && this.#temper.ignoresTerm && this.isAlive)) return true;
    const { scheduler, dice } = this.#weather;
    scheduler.later(dice.next() * 20, () => {
      this.die(null, signal);
      this.#groupDies();
    });
    return true;
  }

  #groupDies(): void {
    this.#isGroupAlive = false;
    this.stdout.finish();
    this.stderr.finish();
  }
}

/** What a server's command does when it is started. */
export type Command = {
  /** Why it cannot be started now, as the system's code; undefined: it can. */
  readonly refusal: () => string | undefined;
  readonly temper: () => Temper;
  readonly run: (process: SimProcess) => void;
  readonly log: (launch: ChildLaunch) => ProcessLog;
};

/** The processes of a simulated machine. */
export class Processes {
  readonly all: SimProcess[] = [];
  readonly #commands: ReadonlyMap<string, Command>;
  readonly #weather: (dice: Dice) => Weather;
  readonly #dice: Dice;

  constructor(commands: ReadonlyMap<string, Command>, weather: (dice: Dice) => Weather, dice: Dice) {
    this.#commands = commands;
    this.#weather = weather;
    this.#dice = dice;
  }

  /** How many are alive, or have somebody left in their group. */
  get alive(): number {
    return this.all.filter((one) => one.isAlive || one.isGroupAlive).length;
  }

  readonly spawn: Spawn = {
    start: (launch: ChildLaunch): StartedProcess => {
      const command = this.#commands.get(launch.command);
      const refusal = command === undefined ? "ENOENT" : command.refusal();
      if (command === undefined || refusal !== undefined) return notStarted(refusal as string);
      const process = new SimProcess(
        1000 + this.all.length,
        command.log(launch),
        command.temper(),
        this.#weather(this.#dice.fork()),
      );
      this.all.push(process);
      command.run(process);
      const { pid, stdin, stdout, stderr, exit } = process;
      return { pid, stdin, stdout, stderr, exit, signalGroup: (signal) => process.signal(signal) };
    },
    stayAlive: () => () => {},
  };
}

function notStarted(code: string): StartedProcess {
  const gone = new PassThrough().destroy();
  const exit = Promise.reject(Object.assign(new Error(`spawn ${code}`), { code }));
  exit.catch(() => {});
  return { pid: undefined, stdin: gone, stdout: gone, stderr: gone, exit, signalGroup: () => false };
}
