import { buildCatalog, type Catalog, expose } from "../../src/catalog/catalog.ts";
import type { Answers, MetaRequest, MetaTool, Outcome } from "../../src/metatools/meta-tool.ts";
import { noRules, offerOf } from "../catalog/offered.ts";

/** A tool's definition as its server gives it. */
export type Tool = { readonly name: string; readonly [member: string]: unknown };

/** The catalog of servers with these tools; each server's name is its prefix too. */
export function catalogOf(servers: Readonly<Record<string, readonly Tool[]>>): Catalog {
  return buildCatalog(
    Object.entries(servers).map(([server, tools]) => {
      const definitions = tools.map(({ name, ...more }) => ({
        key: name,
        bytes: Buffer.from(JSON.stringify({ name, inputSchema: { type: "object" }, ...more })),
      }));
      const offer = offerOf({});
      return expose(server, server, noRules, { ...offer, tools: { ...offer.tools, definitions } }).exposed;
    }),
  );
}

/** A call of a meta-tool, and all that it has done so far. */
export class Begun {
  readonly calls: { tool: string; args: string; answers: Answers | undefined; cancelled: string | undefined }[] = [];
  readonly asked: string[] = [];
  readonly replies: string[] = [];
  readonly refused: unknown[] = [];
  readonly cancel: (reason: string) => void;
  readonly #settled: ((outcome: Outcome) => void)[] = [];
  #resumed: (inputResponses: Buffer) => void = () => {};
  #abandoned: () => void = () => {};

  constructor(tool: MetaTool, catalog: Catalog, args: object | string) {
    const request: MetaRequest = {
      arguments: Buffer.from(typeof args === "string" ? args : JSON.stringify(args)),
      owner: {},
      catalog: () => catalog,
      progress: undefined,
      call: (name, given, settled, answers) => {
        const made = { tool: name, args: given.toString(), answers, cancelled: undefined as string | undefined };
        this.calls.push(made);
        this.#settled.push(settled);
        return {
          cancel: (reason) => {
            made.cancelled = reason;
            return true;
          },
        };
      },
      ask: (inputRequests, resumed, abandoned) => {
        this.asked.push(inputRequests.toString());
        this.#resumed = resumed;
        this.#abandoned = abandoned;
      },
      refuse: (error) => this.refused.push(error),
      reply: (result) => this.replies.push(Buffer.from(result, "latin1").toString()),
    };
    this.cancel = tool.begin(request).cancel;
  }

  /** Its last inner call ends so. */
  settle(outcome: Outcome): void {
    this.#settled.at(-1)?.(outcome);
  }

  answer(inputResponses: object): void {
    this.#resumed(Buffer.from(JSON.stringify(inputResponses)));
  }

  abandon(): void {
    this.#abandoned();
  }

  /** Its one reply, read. */
  get reply(): { content: { text: string }[]; isError?: boolean; _meta?: Record<string, unknown> } {
    if (this.replies.length !== 1) throw new Error(`${this.replies.length} replies`);
    return JSON.parse(this.replies[0] as string);
  }
}
