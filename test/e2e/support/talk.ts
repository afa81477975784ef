import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { membersOf } from "./members-of.ts";
import { until } from "./until.ts";

/** How the other side of a talk is started. */
export type Launch = {
  readonly command: string;
  readonly args: readonly string[];
  /** All of it: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
};

/** One line that came, and during which step. */
export type Heard = { readonly step: string; readonly line: string; readonly members: ReadonlyMap<string, string> };

/** What the client answers to a question: the members of the reply beside its id, as JSON; undefined for nothing yet. */
export type Answer = (params: string, id: string) => string | undefined;

/**
 * A client of raw lines that answers the questions it is asked, and keeps every line that comes, byte for byte.
 * Its ids and everything it says depend on nothing but what it is told, so two talks told the same say the same.
 */
export class Talk {
  readonly heard: Heard[] = [];
  readonly child: ChildProcessWithoutNullStreams;
  stderr = "";
  /** Which step the lines that come now belong to. */
  step = "start";
  readonly #ignored: ((heard: Heard) => boolean)[] = [];
  readonly #answers = new Map<string, Answer>();
  #lastId = 0;
  #rest = "";

  constructor({ command, args, env, cwd }: Launch) {
    this.child = spawn(command, args, { env, cwd, stdio: "pipe" });
    this.child.stdin.on("error", () => {});
    this.child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.child.stdout.setEncoding("utf8").on("data", (text: string) => {
      const lines = (this.#rest + text).split("\n");
      this.#rest = lines.pop() ?? "";
      for (const line of lines) this.#take(line);
    });
  }

  /** Sends one line as it is. */
  send(line: string): void {
    this.child.stdin.write(`${line}\n`);
  }

  notify(method: string, params: object | string = {}): void {
    this.send(`{"jsonrpc":"2.0","method":${JSON.stringify(method)},"params":${json(params)}}`);
  }

  /** Sends a request and gives its id. */
  ask(method: string, params: object | string = {}): number {
    const id = ++this.#lastId;
    this.send(`{"jsonrpc":"2.0","id":${id},"method":${JSON.stringify(method)},"params":${json(params)}}`);
    return id;
  }

  /** Sends a request as a step of its own, and waits for the reply. */
  async request(step: string, method: string, params: object | string = {}): Promise<Heard> {
    this.step = step;
    return await this.reply(this.ask(method, params));
  }

  async reply(id: number): Promise<Heard> {
    const isReply = ({ members }: Heard) => members.get("id") === String(id) && !members.has("method");
    return await this.first(`the reply to ${id} (${this.step})`, isReply);
  }

  /** Waits for the first line of all that is wanted. */
  async first(what: string, isWanted: (heard: Heard) => boolean): Promise<Heard> {
    const lines = () => this.heard.slice(-3).map(({ line }) => line.slice(0, 300));
    try {
      return await until(what, () => this.heard.find(isWanted));
    } catch (error) {
      throw new Error(`${error}; the last lines: ${lines().join("\n")}; stderr: ${this.stderr.slice(-500)}`);
    }
  }

  /** The lines of notifications, or questions, with this method. */
  with(method: string): readonly Heard[] {
    return this.heard.filter(({ members }) => members.get("method") === JSON.stringify(method));
  }

  /** From now on questions of this method get this answer. */
  answer(method: string, answer: Answer): void {
    this.#answers.set(method, answer);
  }

  /** Leaves out of what was heard all that came so far. */
  forget(): void {
    this.heard.length = 0;
  }

  /** Leaves out of what was heard, and is still to be heard, what is not wanted. */
  ignore(isUnwanted: (heard: Heard) => boolean): void {
    this.#ignored.push(isUnwanted);
    this.heard.splice(0, this.heard.length, ...this.heard.filter((heard) => !isUnwanted(heard)));
  }

  #take(line: string): void {
    const members = membersOf(line);
    const heard = { step: this.step, line, members };
    if (!this.#ignored.some((isUnwanted) => isUnwanted(heard))) this.heard.push(heard);
    const [id, method] = [members.get("id"), members.get("method")];
    if (id === undefined || method === undefined) return;
    const answer = this.#answers.get(JSON.parse(method) as string) ?? (() => unknownMethod);
    const said = answer(members.get("params") ?? "{}", id);
    if (said !== undefined) this.send(`{"jsonrpc":"2.0","id":${id},${said}}`);
  }
}

const unknownMethod = '"error":{"code":-32601,"message":"Method not found"}';

function json(params: object | string): string {
  return typeof params === "string" ? params : JSON.stringify(params);
}
