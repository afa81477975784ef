import fc from "fast-check";
import { expect, test } from "vitest";
import { createMemory, type Memory, type Seen } from "../../src/downstream/memory.ts";
import type { KeptFiles } from "../../src/ports/files.ts";
import { offerOf } from "../catalog/offered.ts";

const dayMs = 24 * 60 * 60 * 1000;
const secret = "hush-hush";

/** What servers may be seen to offer; the last says a secret. */
const sights: readonly Seen[] = [["a"], ["a", "b"], [], [secret]].map((prompts, index) => ({
  greeting: {
    era: index === 1 ? "modern" : "legacy",
    protocolVersion: index === 1 ? "2026-07-28" : "2025-11-25",
    serverInfo: { name: "one", version: String(index) },
    capabilities: { prompts: {} },
    instructions: index === 0 ? "Be brief." : undefined,
  },
  offer: offerOf({ prompts }),
}));
const isSecret = (sight: number): boolean => sight === sights.length - 1;

type Known = { readonly sight: number; readonly at: number } | undefined;

/** Per key what this process knows, where it has looked or learnt, and what lies on the disk. */
type Model = { now: number; isFull: boolean; own: Map<string, Known>; disk: Map<string, Known> };
type Real = { memory: Memory; readonly disk: Map<string, Buffer>; readonly model: Model };
type Command = fc.AsyncCommand<Model, Real>;

function filesOf({ disk, model }: Pick<Real, "disk" | "model">): KeptFiles {
  return {
    read: (path) => disk.get(path),
    replace: async (path, bytes) => {
      if (model.isFull) throw new Error("ENOSPC");
      disk.set(path, bytes);
    },
    remove: async (path) => void disk.delete(path),
    prune: async () => {},
  };
}

function open({ disk, model }: Pick<Real, "disk" | "model">): Memory {
  return createMemory({
    pathOf: (key) => `/state/${key}`,
    files: filesOf({ disk, model }),
    date: () => model.now,
    redact: (text) => text.replaceAll(secret, "[redacted]"),
    failed: () => {},
  });
}

const isFresh = (known: Known, model: Model, mostMs: number): known is NonNullable<Known> =>
  known !== undefined && model.now - known.at < mostMs && model.now - known.at > -dayMs;

/** What a process that asks for it knows of a key. */
function known(model: Model, key: string): Known {
  if (!model.own.has(key)) model.own.set(key, model.disk.get(key));
  const found = model.own.get(key);
  return isFresh(found, model, 30 * dayMs) ? found : undefined;
}

class Recall implements Command {
  readonly key: string;

  constructor(key: string) {
    this.key = key;
  }

  check = (): boolean => true;

  async run(model: Model, { memory }: Real): Promise<void> {
    const wanted = known(model, this.key);
    const seen = memory.recall(this.key);
    expect(seen === undefined).toBe(wanted === undefined);
    if (wanted === undefined || seen === undefined) return;
    const { greeting, offer } = sights[wanted.sight] as Seen;
    expect(seen.greeting).toEqual(greeting);
    for (const kind of ["tools", "prompts", "resources", "templates"] as const)
      expect(seen.offer[kind]).toEqual({ ...offer[kind], ttlMs: 0, isPublic: false });
  }

  toString = (): string => `recall(${this.key})`;
}

class Learn implements Command {
  readonly key: string;
  readonly sight: number;

  constructor(key: string, sight: number) {
    this.key = key;
    this.sight = sight;
  }

  check = (): boolean => true;

  async run(model: Model, { memory }: Real): Promise<void> {
    const { key, sight } = this;
    memory.learn(key, sights[sight] as Seen);
    await memory.saved();
    const before = known(model, key);
    if (before?.sight === sight && isFresh(before, model, dayMs)) return;
    if (isSecret(sight) && before === undefined) return;
    const now = isSecret(sight) ? undefined : { sight, at: model.now };
    model.own.set(key, now);
    // What it said before is better forgotten than told.
    if (now === undefined || model.isFull) model.disk.delete(key);
    else model.disk.set(key, now);
  }

  toString = (): string => `learn(${this.key}, ${this.sight})`;
}

/** Another process begins with what lies on the disk. */
class Begin implements Command {
  check = (): boolean => true;

  async run(model: Model, real: Real): Promise<void> {
    real.memory = open(real);
    model.own.clear();
  }

  toString = (): string => "begin";
}

class Pass implements Command {
  readonly days: number;

  constructor(days: number) {
    this.days = days;
  }

  check = (): boolean => true;

  async run(model: Model): Promise<void> {
    model.now += this.days * dayMs;
  }

  toString = (): string => `pass(${this.days} days)`;
}

class Fill implements Command {
  readonly isFull: boolean;

  constructor(isFull: boolean) {
    this.isFull = isFull;
  }

  check = (): boolean => true;

  async run(model: Model): Promise<void> {
    model.isFull = this.isFull;
  }

  toString = (): string => `fill(${this.isFull})`;
}

/** Somebody writes into a file. */
class Spoil implements Command {
  readonly key: string;

  constructor(key: string) {
    this.key = key;
  }

  check = ({ disk }: Readonly<Model>): boolean => disk.has(this.key);

  async run(model: Model, { disk }: Real): Promise<void> {
    const path = `/state/${this.key}`;
    const bytes = Buffer.from(disk.get(path) as Buffer);
    bytes[bytes.length - 5] = (bytes[bytes.length - 5] as number) ^ 1;
    disk.set(path, bytes);
    model.disk.delete(this.key);
  }

  toString = (): string => `spoil(${this.key})`;
}

test("a memory recalls what a plain model recalls, whatever is learnt, fails, grows old, is spoilt and begins anew", async () => {
  const key = fc.constantFrom("one", "two");
  const learn = fc.tuple(key, fc.nat(sights.length - 1)).map(([name, sight]) => new Learn(name, sight));
  const commands = [
    learn,
    learn,
    key.map((name) => new Recall(name)),
    key.map((name) => new Recall(name)),
    fc.constant(new Begin()),
    fc.constantFrom(0.1, 0.9, 2, 29, 31, -0.5, -2).map((days) => new Pass(days)),
    fc.boolean().map((isFull) => new Fill(isFull)),
    key.map((name) => new Spoil(name)),
  ];
  await fc.assert(
    fc.asyncProperty(fc.commands(commands, { size: "+1", maxCommands: 60 }), async (steps) => {
      const model: Model = { now: 1_700_000_000_000, isFull: false, own: new Map(), disk: new Map() };
      const disk = new Map<string, Buffer>();
      await fc.asyncModelRun(() => ({ model, real: { memory: open({ disk, model }), disk, model } }), steps);
    }),
    { numRuns: 300 },
  );
});
