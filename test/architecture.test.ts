import { describe, expect, test } from "vitest";
import { foldersIn, type Source, sourcesIn } from "./support/sources.ts";

const src = sourcesIn("src");
const byPath = new Map(src.map((source) => [source.path, source]));

/** The room a file is in: its folder below src, or the file itself at the top. */
function roomOf(path: string): string {
  const [, room = ""] = path.split("/");
  return room;
}

/** `path: line` for each line of code that matches. */
function linesWith(pattern: RegExp, sources: readonly Source[], text: "code" | "text" = "code"): string[] {
  return sources.flatMap((source) =>
    source[text].split("\n").flatMap((line) => (pattern.test(line) ? [`${source.path}: ${line.trim()}`] : [])),
  );
}

function but(...paths: readonly string[]): readonly Source[] {
  return src.filter(({ path }) => !paths.some((exempt) => path === exempt || path.startsWith(`${exempt}/`)));
}

/**
 * Which rooms each room may use, beside itself. Dependencies point one way; nothing is used that does not stand here.
 * Names with a file mean that file alone; `types` means that only types are used.
 */
const uses: Readonly<Record<string, readonly string[]>> = {
  "main.ts": ["cli", "config/config-error.ts", "config/nearest.ts"],
  cli: [
    "auth",
    "setup",
    "relay",
    "downstream",
    "client",
    "catalog",
    "metatools",
    "transport",
    "process",
    "observe",
    "config",
    "wire",
    "ports",
    "errors.ts",
    "events.ts",
  ],
  relay: ["downstream", "client", "catalog", "metatools", "config", "wire", "ports", "errors.ts", "events.ts"],
  // A server's list is read where it is fetched.
  downstream: [
    "transport",
    "wire",
    "ports",
    "errors.ts",
    "events.ts",
    "config types",
    "catalog/definition.ts",
    "catalog/param-headers.ts",
  ],
  // As whom tutti is signed in to servers: what it sends for that goes out by the ports alone.
  auth: ["ports", "config types", "transport types"],
  client: ["transport", "wire", "ports", "errors.ts", "events.ts"],
  transport: ["process", "wire", "ports"],
  process: ["ports", "config types"],
  catalog: ["wire", "config types"],
  metatools: ["catalog", "config", "wire", "ports", "errors.ts", "events.ts"],
  // Texts are made harmless where they are shown.
  observe: ["events.ts", "ports", "config types", "process/harmless.ts"],
  dashboard: ["events.ts", "wire", "ports", "config types", "process/harmless.ts"],
  // What is written into configuration files: ours and those of the clients.
  setup: ["config", "wire", "ports"],
  config: ["wire", "ports"],
  "errors.ts": ["wire"],
  "events.ts": ["errors.ts"],
  wire: [],
  ports: [],
};

describe("the rooms", () => {
  test("are those of the design", () => {
    expect(foldersIn("src").filter((folder) => !(folder in uses))).toEqual([]);
    expect(src.map(({ path }) => roomOf(path)).filter((room) => !(room in uses))).toEqual([]);
  });

  test("use only what they may", () => {
    const wrong = src.flatMap(({ path, imports }) => {
      const allowed = uses[roomOf(path)] ?? [];
      return imports.flatMap(({ file, isType }) => {
        if (file === undefined || roomOf(file) === roomOf(path)) return [];
        const room = roomOf(file);
        const isAllowed =
          allowed.includes(room) ||
          allowed.includes(file.slice("src/".length)) ||
          (isType && allowed.includes(`${room} types`));
        return isAllowed ? [] : [`${path} uses ${file}`];
      });
    });
    expect(wrong).toEqual([]);
  });

  test("use each other in no circle", () => {
    const seen = new Map<string, "open" | "done">();
    const circles: string[] = [];
    const visit = (path: string, way: readonly string[]): void => {
      if (seen.get(path) === "open") circles.push([...way, path].join(" → "));
      if (seen.has(path)) return;
      seen.set(path, "open");
      for (const { file, isType } of byPath.get(path)?.imports ?? []) {
        if (file !== undefined && !isType) visit(file, [...way, path]);
      }
      seen.set(path, "done");
    };
    for (const { path } of src) visit(path, []);
    expect(circles).toEqual([]);
  });

  test("hold no file that nothing can find", () => {
    const missing = src.flatMap(({ path, imports }) =>
      imports.flatMap(({ file }) =>
        file === undefined || byPath.has(file) || file === "package.json" ? [] : [`${path}: ${file}`],
      ),
    );
    expect(missing).toEqual([]);
  });
});

describe("a file", () => {
  for (const folder of ["src", "test", "bench", "tools"]) {
    test(`in ${folder} is at most 300 lines long`, () => {
      const long = sourcesIn(folder).flatMap(({ path, text }) => {
        const lines = text.split("\n").length - 1;
        return lines > 300 ? [`${path}: ${lines}`] : [];
      });
      expect(long).toEqual([]);
    });
  }

  test("has no mutable variable of its own", () => {
    expect(linesWith(/^(?:export )?(?:let|var)\b/, src)).toEqual([]);
  });

  test("has no default export, and passes on nothing of another file", () => {
    expect(linesWith(/^export default\b/, src)).toEqual([]);
    expect(linesWith(/^export\b[^=]*\bfrom "/, src)).toEqual([]);
  });

  test("is not called utils, helpers, manager or the like", () => {
    const vague = /(?:^|[/-])(?:utils?|helpers?|managers?|services?|core|common|misc|index|types)(?:[/.]|$)/;
    expect(src.map(({ path }) => path).filter((path) => vague.test(path) && path !== "src/metatools/index.ts")).toEqual(
      [],
    );
  });
});

describe("only", () => {
  const handshakes = ["src/client/handshake.ts", "src/downstream/handshake.ts"];
  // Where what one era says becomes what the other does.
  const bridges = ["src/relay/eras.ts", "src/relay/ask.ts", "src/downstream/changes.ts"];
  // Over HTTP each era has headers, answers and streams of its own.
  const overHttp = src
    .map(({ path }) => path)
    .filter((path) => /^src\/(?:transport|client)\/(?:http-|sse-client|sessions|callers)/.test(path));

  test("the handshakes and HTTP say a dated version, and they and the bridge an era's name", () => {
    // The demo's client is one of its own, and greets tutti as any other would.
    expect(linesWith(/\b20\d\d-\d\d-\d\d\b/, but(...handshakes, ...overHttp, "src/cli/demo-client.ts"))).toEqual([]);
    expect(linesWith(/\b(?:legacy|modern)\b/i, but(...handshakes, ...bridges, ...overHttp), "text")).toEqual([]);
  });

  test("the ports touch the clock, chance, files, processes and the network", () => {
    const outside =
      /^(?:node:)?(?:fs|child_process|net|http|https|http2|tls|dgram|dns|timers|worker_threads|cluster)(?:\/|$)/;
    const wrong = but("src/ports").flatMap(({ path, imports }) =>
      imports.flatMap(({ from, isType }) => (outside.test(from) && !isType ? [`${path} uses ${from}`] : [])),
    );
    // main.ts reads the version from package.json, beside it, before anything else.
    expect(wrong).toEqual(["src/main.ts uses node:fs"]);
    const globals =
      /\b(?:Date\.now|performance\.now|Math\.random|randomBytes)\b|(?<![.\w])(?:setTimeout|setInterval|setImmediate|queueMicrotask|fetch)\(/;
    expect(linesWith(globals, but("src/ports"))).toEqual([]);
    // A line of the log says when it was written.
    expect(linesWith(/\bnew Date\(\)/, but("src/ports", "src/observe/log.ts"))).toEqual([]);
  });

  test("the command line and the link to our own client touch stdin and stdout", () => {
    const outside = but("src/cli", "src/main.ts", "src/transport/stdio-self.ts");
    expect(linesWith(/\bprocess\.(?:stdin|stdout)\b/, outside)).toEqual([]);
    expect(linesWith(/\bconsole\b/, src)).toEqual([]);
  });

  test("the command line and the ports touch the process otherwise", () => {
    const outside = but("src/cli", "src/main.ts", "src/ports", "src/transport/stdio-self.ts");
    expect(linesWith(/(?<![.\w"/])process\.\w/, outside)).toEqual([]);
  });

  test("tests use an official SDK", () => {
    const users = src.flatMap(({ path, imports }) =>
      imports.some(({ from }) => from.startsWith("@modelcontextprotocol/")) ? [path] : [],
    );
    expect(users).toEqual([]);
  });
});

/** Packages and files that are loaded as soon as `path` is. */
function loadedWith(path: string): ReadonlySet<string> {
  const loaded = new Set<string>();
  const load = (one: string): void => {
    for (const { from, file, isType, isDynamic } of byPath.get(one)?.imports ?? []) {
      const what = file ?? from;
      if (isType || isDynamic || loaded.has(what)) continue;
      loaded.add(what);
      if (file !== undefined) load(file);
    }
  };
  load(path);
  return loaded;
}

describe("before the handshake is answered", () => {
  for (const path of ["src/main.ts", "src/cli/serve.ts"]) {
    test(`${path} loads nothing heavy: no package, and few files`, () => {
      const loaded = [...loadedWith(path)];
      expect(loaded.filter((what) => !what.startsWith("src/") && !what.startsWith("node:"))).toEqual([]);
      expect(loaded.length).toBeGreaterThan(2);
      expect(loaded.length).toBeLessThan(45);
      for (const room of ["config/load.ts", "relay", "downstream", "catalog", "observe", "process"]) {
        expect(loaded.filter((what) => what.startsWith(`src/${room}`))).toEqual([]);
      }
    });
  }
});
