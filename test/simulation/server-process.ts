import { type Filter, grantedOf, onListen } from "../support/listening.ts";
import type { Dice } from "./dice.ts";
import { noncesIn } from "./ledger.ts";
import type { SimProcess } from "./processes.ts";
import type { SimServer } from "./server.ts";
import {
  capabilitiesOf,
  errorOf,
  greetingOf,
  letterFor,
  listOf,
  questionOf,
  replyLine,
  resultOf,
  wrongs,
} from "./server-answers.ts";
import type { World } from "./world.ts";

/** A server in one process. */
export class ServerProcess {
  readonly #server: SimServer;
  readonly #world: World;
  readonly #process: SimProcess;
  readonly #dice: Dice;
  /** Ids of streams of notices, with what each brings. */
  readonly #listens = new Map<string, Filter>();
  /** Questions that have no answer, by id; what each is about. */
  readonly #asked = new Map<string, string>();
  readonly #uris = new Set<string>();
  readonly #answered = new Set<number>();
  #lastAsk = 0;

  constructor(server: SimServer, world: World, process: SimProcess, dice: Dice) {
    this.#server = server;
    this.#world = world;
    this.#process = process;
    this.#dice = dice;
  }

  /** Some have something to say when they are to go. */
  inputEnded(): void {
    if (this.#dice.chance(70) && !this.#world.faults.areOver) this.#later(() => this.#wants("ping"));
  }

  line(text: string): void {
    const json = JSON.parse(text);
    const { id, method, params } = json;
    if (method === undefined) this.#hearAnswer(json, text);
    else if (id === undefined) {
      if (method === "notifications/cancelled") this.#listens.delete(JSON.stringify(params?.requestId));
    } else this.#later(() => this.#request(id, method, params, text));
  }

  #later(run: () => void, mostMs = Math.min(this.#server.persona.mostMs, 50)): void {
    const longestMs = this.#world.faults.areOver ? Math.min(mostMs, 20) : mostMs;
    this.#world.scheduler.later(this.#dice.chance(30) ? 0 : this.#dice.next() * longestMs, () => {
      if (this.#process.isAlive) run();
    });
  }

  // biome-ignore lint/suspicious/noExplicitAny: whatever came.
  #hearAnswer({ id, result }: any, text: string): void {
    const about = this.#asked.get(JSON.stringify(id));
    this.#asked.delete(JSON.stringify(id));
    if (result === undefined || about === undefined) return;
    const told = noncesIn(text);
    if (about !== "" && told.some((one) => one !== about)) {
      this.#world.ledger.violation(`${this.#server.persona.name} asked about ${about} and is told of ${told}`);
    }
  }

  // biome-ignore lint/suspicious/noExplicitAny: whatever came.
  #request(id: number, method: string, params: any, text: string): void {
    const { persona } = this.#server;
    const isModern = persona.era === "modern";
    if (method === "server/discover" && !isModern) {
      if (persona.leavesOnProbe) this.#process.die(2, null);
      else if (!persona.isMute) this.#refuse(id, -32601);
    } else if (method === "server/discover" || method === "initialize") {
      if (method === "initialize" && isModern) this.#refuse(id, -32022);
      else this.#reply(id, greetingOf(method, persona));
    } else if (method.endsWith("/list")) this.#reply(id, listOf(method, persona, this.#server.tools));
    else if (method === "subscriptions/listen") this.#listen(id, params.notifications);
    else if (/^resources\/(un)?subscribe$/.test(method)) {
      if (method === "resources/subscribe") this.#uris.add(params.uri);
      else this.#uris.delete(params.uri);
      this.#reply(id, "{}");
    } else if (noncesIn(text).length > 0) this.#call(id, method, params, text);
    else if (method === "logging/setLevel" || method === "ping") this.#reply(id, "{}");
    else this.#refuse(id, -32601);
  }

  #listen(id: number, filter: Filter): void {
    const granted = grantedOf(filter, capabilitiesOf(this.#server.persona));
    this.#listens.set(JSON.stringify(id), granted);
    const params = JSON.stringify({ notifications: granted });
    this.#process.say(onListen(JSON.stringify(id), "notifications/subscriptions/acknowledged", params));
  }

  // biome-ignore lint/suspicious/noExplicitAny: whatever came.
  #call(id: number, method: string, params: any, text: string): void {
    const [nonce] = noncesIn(text) as [string];
    const { persona } = this.#server;
    const dice = this.#dice;
    const isAsking = dice.chance(persona.asks) && /^(tools\/call|prompts\/get|resources\/read)$/.test(method);
    const isRound = params.inputResponses !== undefined || params.requestState !== undefined;
    const token = params._meta?.progressToken;
    for (let n = 1; token !== undefined && n <= dice.between(0, 3); n++) {
      const told = `{"progressToken":${token},"progress":${n},"message":"${nonce}"}`;
      this.#later(() => this.#notify("notifications/progress", told));
    }
    if (this.#world.faults.areOver) {
      this.#later(() => this.#answer(id, method, nonce, "fine"), persona.mostMs);
      return;
    }
    if (dice.chance(15)) this.#chatter(nonce);
    if (isAsking && (!isRound || dice.chance(30))) {
      if (persona.era === "modern") {
        this.#later(() => this.#answer(id, method, nonce, "asks"), persona.mostMs);
        return;
      }
      for (let n = dice.between(1, 2); n > 0; n--) this.#later(() => this.#ask(nonce));
    }
    const wrong = dice.chance(persona.trouble) ? dice.weighted(wrongs) : "none";
    if (wrong === "none" || !this.#world.faults.does(wrong)) {
      this.#later(() => this.#answer(id, method, nonce, "fine"), persona.mostMs);
    } else this.#goWrong(wrong, id, method, nonce);
  }

  #goWrong(wrong: keyof typeof wrongs, id: number, method: string, nonce: string): void {
    const { persona } = this.#server;
    const dice = this.#dice;
    const process = this.#process;
    const fine = (): void => this.#answer(id, method, nonce, "fine");
    const soon = (run: () => void): void => this.#later(run, persona.mostMs);
    if (wrong === "never") return;
    if (wrong === "late") this.#world.scheduler.later(dice.between(1000, 90_000), fine);
    else if (wrong === "twice") for (const _ of [1, 2]) soon(fine);
    else if (wrong === "wrong id") soon(() => this.#stray(fine));
    else if (wrong === "bad reply") soon(() => this.#answer(id, method, nonce, "spoilt"));
    else if (wrong === "crash before") soon(() => process.die(1, null));
    else if (wrong === "output closed") soon(() => process.stdout.finish());
    else if (wrong === "error") soon(() => this.#answer(id, method, nonce, "error"));
    else if (wrong === "tool error") soon(() => this.#answer(id, method, nonce, "tool error"));
    else if (wrong === "wants an address") soon(() => this.#answer(id, method, nonce, "address"));
    else if (wrong === "crash after") {
      soon(() => {
        fine();
        process.die(null, "SIGSEGV");
      });
    } else if (wrong === "half a reply") {
      soon(() => {
        process.babble(`{"jsonrpc":"2.0","id":${id},"result":{"content":[`);
        process.die(1, null);
      });
    } else if (wrong === "stall") {
      process.stdin.stall();
      this.#world.scheduler.later(dice.between(100, 20_000), () => process.stdin.goOn());
      soon(fine);
    } else {
      soon(() => {
        const lines = ["oops", '{"a":1}', "[1,2]", '{"jsonrpc":"2.0"}', '{"jsonrpc":"2.0","method":5}', "\u00ff{"];
        for (let n = wrong === "flood" ? 200 : 2; n > 0; n--) process.babble(`${dice.pick(lines)}\n`);
        if (wrong === "flood") for (let n = 0; n < 30; n++) this.#listChanged();
        fine();
      });
    }
  }

  #answer(
    id: number,
    method: string,
    nonce: string,
    how: "fine" | "asks" | "spoilt" | "error" | "tool error" | "address",
  ) {
    const { era, name } = this.#server.persona;
    const process = this.#process;
    const dice = this.#dice;
    if (!process.isAlive) return;
    if (process.log.isTakenBack(id)) {
      // Most stop then, some do not care.
      if (dice.chance(70)) return;
      this.#world.faults.does("answers what was taken back");
    }
    if (this.#answered.has(id)) this.#world.ledger.trace(`~ ${name} answers ${id} again`);
    this.#answered.add(id);
    const isModern = era === "modern";
    const letter = letterFor(method, nonce, name, dice);
    const say = (kind: "result" | "error" | "question" | "spoilt", member: string, kept: string): void => {
      const { line, written } = replyLine(String(id), member, { kind, letter: kept, era }, dice);
      process.log.answered(id, written);
      process.say(line);
    };
    if (how === "error") {
      const { error, letter: kept } = errorOf(nonce, dice);
      say("error", `"error":${error}`, kept);
    } else if (how === "address") {
      const data = `{"elicitations":[{"mode":"url","message":"${nonce}","url":"https://x.example/","elicitationId":"e1"}]}`;
      say("question", `"error":{"code":-32042,"message":"no","data":${data}}`, "");
    } else if (how === "asks") {
      const keys = Array.from({ length: dice.between(1, 2) }, (_, n) => {
        const { method: asked, params } = questionOf(nonce, dice);
        return `"k${n}":{"method":"${asked}","params":${params}}`;
      });
      const state = `"requestState":"s ${nonce}"`;
      say("question", `"result":{"resultType":"input_required","inputRequests":{${keys.join(",")}},${state}}`, "");
    } else if (how === "spoilt") {
      const spoilt = dice.pick([
        `"result":{${letter}`,
        `"result":{},"error":{}`,
        `"result":${"[".repeat(600)}`,
        '"result":oops',
      ]);
      process.log.answered(id, { kind: "spoilt", before: "", after: "", letter: "", era });
      process.say(`{"jsonrpc":"2.0","id":${id},${spoilt}}`);
    } else say("result", `"result":${resultOf(letter, isModern, method, how === "tool error", dice)}`, letter);
  }

  /** Replies under ids that are nobody's, or not its own; then goes on. */
  #stray(goOn: () => void): void {
    const { log } = this.#process;
    const odd = [JSON.stringify(String(log.openIds[0] ?? 1)), "null", "1.5", "-1", "1e3", "999999"];
    const old = String(this.#dice.between(1, 6) + 65_536 * this.#dice.between(0, 4));
    // What is guessed as tutti gives ids may wait for its turn.
    const ids = this.#dice.chance(40) ? [this.#dice.pick([...odd, old])] : log.guesses(this.#dice).map(String);
    for (const id of ids) {
      if (/^\d+$/.test(id)) log.strayed(Number(id));
      const content = '"resultType":"complete","content":[{"type":"text","text":"stray"}]';
      this.#process.say(`{"jsonrpc":"2.0","id":${id},"result":{${content}}}`);
    }
    this.#later(goOn);
  }

  #ask(nonce: string): void {
    const { method, params } = questionOf(nonce, this.#dice);
    const id = this.#dice.chance(50) ? String(++this.#lastAsk) : `"ask ${++this.#lastAsk}"`;
    this.#asked.set(id, method === "roots/list" ? "" : nonce);
    this.#process.say(`{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${params}}`);
    if (!this.#world.faults.happens("takes a question back", 8, this.#dice)) return;
    this.#later(() => this.#notify("notifications/cancelled", `{"requestId":${id}}`));
  }

  /** What a server says beside its answers. */
  #chatter(nonce: string): void {
    const dice = this.#dice;
    const what = dice.weighted({ log: 5, list: 3, updated: 2, odd: 2, ping: 1, progress: 1, unknown: 1 });
    if (what === "log") {
      const level = dice.pick(["debug", "info", "error"]);
      this.#later(() => this.#notify("notifications/message", `{"level":"${level}","data":"${nonce}"}`));
    } else if (what === "list") {
      this.#server.change();
      this.#later(() => this.#listChanged());
    } else if (what === "updated") {
      for (const uri of this.#uris) this.#notify("notifications/resources/updated", `{"uri":"${uri}"}`);
    } else if (what === "odd") {
      // Only a client's own requests may be cancelled so, and by nobody but the client.
      this.#notify("notifications/cancelled", `{"requestId":${this.#process.log.openIds[0] ?? 1}}`);
    } else if (what === "progress") {
      this.#notify("notifications/progress", `{"progressToken":${dice.pick([0, 5, 77_777, '"1"'])},"progress":1}`);
    } else {
      this.#wants(what === "ping" ? "ping" : "acme/unknown");
    }
  }

  /** Asks for something that is about no call. */
  #wants(method: string): void {
    const id = `"ask ${++this.#lastAsk}"`;
    this.#asked.set(id, "");
    this.#process.say(`{"jsonrpc":"2.0","id":${id},"method":"${method}"}`);
  }

  #listChanged(): void {
    const method = "notifications/tools/list_changed";
    if (this.#server.persona.era === "legacy") this.#notify(method, "{}");
    else for (const id of this.#listens.keys()) this.#process.say(onListen(id, method));
  }

  #notify(method: string, params: string): void {
    if (this.#process.isAlive) this.#process.say(`{"jsonrpc":"2.0","method":"${method}","params":${params}}`);
  }

  #reply(id: number, result: string): void {
    this.#process.say(`{"jsonrpc":"2.0","id":${id},"result":${result}}`);
  }

  #refuse(id: number, code: number): void {
    const supported = code === -32022 ? ',"data":{"supported":["2026-07-28"]}' : "";
    this.#process.say(`{"jsonrpc":"2.0","id":${id},"error":{"code":${code},"message":"no"${supported}}}`);
  }
}
