// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is what people write
import { expect, test } from "vitest";
import { fingerprint } from "../../src/config/fingerprint.ts";

const base = {
  texts: {
    "/a/servers.json": '{"mcpServers":{"x":{"command":"x","env":{"T":"${TOKEN}","U":"${env:USER_ID:-${OTHER}}"}}}}',
  },
  env: { TOKEN: "secret", HOME: "/home/ada", UNUSED: "1" } as Record<string, string>,
  more: ["1.2.3", false] as readonly unknown[],
  flags: ["/a/servers.json"],
};

function of(change: Partial<typeof base> = {}) {
  const { texts, env, more, flags } = { ...base, ...change };
  const all: Readonly<Record<string, string>> = texts;
  const files = { isFile: (path: string) => path in all, readText: (path: string) => all[path] };
  return fingerprint({ flags, env, cwd: "/", home: "/home/ada", platform: "linux", files }, more);
}

const text = base.texts["/a/servers.json"];

test("a configuration's fingerprint is the same whenever nothing has changed that it names", () => {
  expect(of()).toEqual({
    key: expect.stringMatching(/^[0-9a-f]{64}$/),
    variables: expect.stringMatching(/^[0-9a-f]{4}$/),
  });
  expect(of({ env: { ...base.env, UNUSED: "2" } })).toEqual(of());
});

test("it is another one when the files, their place, their order or what else counts is another", () => {
  const two = { ...base.texts, "/b.json": "{}" };
  const keys = [
    of(),
    of({ texts: { "/a/servers.json": `${text} ` } }),
    of({ more: ["1.2.4", false] }),
    of({ more: ["1.2.3", true] }),
    of({ texts: two, flags: ["/a/servers.json", "/b.json"] }),
    of({ texts: two, flags: ["/b.json", "/a/servers.json"] }),
  ].map((one) => one?.key);
  expect(new Set(keys).size).toBe(keys.length);
});

test.each(["TOKEN", "USER_ID", "OTHER", "HOME"])("its variables are others when %s is", (name) => {
  const other = of({ env: { ...base.env, [name]: "another value" } });
  expect(other?.key).toBe(of()?.key);
  expect(other?.variables).not.toBe(of()?.variables);
});

test("there is none where there is no configuration, or one that takes time to read", () => {
  expect(of({ flags: ["/no/such.json"] })).toBeUndefined();
  expect(of({ flags: [] })).toBeUndefined();
  expect(of({ texts: { "/a/servers.json": "x".repeat(300_000) } })).toBeUndefined();
});
