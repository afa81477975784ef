import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { manifest } from "../../packaging/manifest.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));

function json<T>(path: string): T {
  return JSON.parse(readFileSync(join(root, path), "utf8")) as T;
}

type About = {
  readonly name: string;
  readonly mcpName: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly engines: { readonly node: string };
};

const about = json<About>("package.json");

test("what npm packs is what runs, and what people and programs read of it", () => {
  const packed = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: root,
    encoding: "utf8",
  });
  const [{ files }] = JSON.parse(packed) as [{ files: readonly { path: string }[] }];
  const paths = files.map(({ path }) => path);
  const tops = new Set(paths.map((path) => path.split("/")[0]));
  expect([...tops].sort()).toEqual(
    [
      "CHANGELOG.md",
      "LICENSE",
      "README.md",
      "dist",
      "docs",
      "package.json",
      "servers.json",
      "servers.schema.json",
    ].sort(),
  );
  expect(paths).toContain(about.bin["tutti"]);
  expect(paths.filter((path) => path.startsWith("dist/") && !path.endsWith(".js"))).toEqual([]);
});

test("at most ten packages are needed at run time", () => {
  expect(Object.keys(about.dependencies).length).toBeLessThanOrEqual(10);
});

test("the MCP Registry's server.json speaks of this package in this version", () => {
  type Server = {
    readonly name: string;
    readonly version: string;
    readonly description: string;
    readonly packages: readonly object[];
  };
  const server = json<Server>("server.json");
  expect([server.name, server.version]).toEqual([about.mcpName, about.version]);
  expect(server.packages).toMatchObject([
    { registryType: "npm", identifier: about.name, version: about.version, transport: { type: "stdio" } },
  ]);
  // Bounds of the registry.
  expect(server.name).toMatch(/^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/);
  expect(server.description.length).toBeLessThanOrEqual(100);
});

test("the bundle's manifest starts tutti with the file that the user chooses", () => {
  const { name, version, server, user_config: settings } = manifest(about);
  expect([name, version]).toEqual([about.name, about.version]);
  expect(server.entry_point).toBe(about.bin["tutti"]);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: filled in by Claude Desktop
  expect(server.mcp_config).toMatchObject({ command: "node", env: { TUTTI_CONFIG: "${user_config.config_file}" } });
  expect(settings.config_file).toMatchObject({ type: "file", required: true });
});

test("the container has a Node that tutti runs on, and starts it", () => {
  const dockerfile = readFileSync(join(root, "Dockerfile"), "utf8");
  const [, major = "0"] = /^FROM node:(\d+)/m.exec(dockerfile) ?? [];
  const [, least = "99"] = /(\d+)/.exec(about.engines.node) ?? [];
  expect(Number(major)).toBeGreaterThanOrEqual(Number(least));
  expect(dockerfile).toContain('ENTRYPOINT ["tutti"]');
});

test("the program that the container starts may be executed, though tsc writes files that may not", () => {
  const dockerfile = readFileSync(join(root, "Dockerfile"), "utf8").replaceAll("\\\n", "");
  const build = /^RUN (.*npm run build.*)$/m.exec(dockerfile)?.[1] ?? "";
  const after = build.split("&&").map((command) => command.trim());
  const command = after.slice(after.indexOf("npm run build") + 1).find((one) => one.startsWith("chmod"));
  const folder = mkdtempSync(join(tmpdir(), "tutti-container-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, "dist"));
  const [, main = ""] = /ln -s \/opt\/tutti\/(\S+) \/usr\/local\/bin\/tutti/.exec(dockerfile) ?? [];
  writeFileSync(join(folder, main), "#!/bin/sh\necho started\n");
  execFileSync("sh", ["-c", command ?? "true"], { cwd: folder });
  expect(execFileSync(join(folder, main), { encoding: "utf8" })).toBe("started\n");
});
