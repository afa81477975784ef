import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { guardedFetch } from "../../src/auth/guarded-fetch.ts";
import { here, serverAt } from "./here.ts";

async function listening(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function guard(server: string, origins: readonly string[] = []) {
  const guarded = guardedFetch(serverAt(server, { origins }), here().surroundings);
  onTestFinished(() => guarded.close());
  return (url: string) => guarded.fetch(url, { method: "GET" });
}

/** Where no server of the public network sends us, in all the ways in which a URL can say it. */
const inside = [
  "https://127.0.0.1/",
  "https://127.0.0.1:8443/x",
  "https://127.1/",
  "https://2130706433/",
  "https://0x7f000001/",
  "https://0177.0.0.1/",
  "https://localhost/",
  "https://LOCALHOST./",
  "https://api.localhost/",
  "https://[::1]/",
  "https://[::ffff:127.0.0.1]/",
  "https://[::ffff:7f00:1]/",
  "https://[::127.0.0.1]/",
  "https://[64:ff9b::7f00:1]/",
  "https://[2002:7f00:1::]/",
  "https://0.0.0.0/",
  "https://[::]/",
  "https://10.0.0.1/",
  "https://10.1/",
  "https://172.16.0.1/",
  "https://172.31.255.254/",
  "https://192.168.1.1/",
  "https://100.64.0.1/",
  "https://198.18.0.1/",
  "https://[fc00::1]/",
  "https://[fd00::1]/",
  "https://[fec0::1]/",
  "https://169.254.169.254/latest/meta-data/",
  "https://[fe80::1]/",
  "https://[::ffff:169.254.169.254]/",
  "https://255.255.255.255/",
  "https://224.0.0.1/",
  "https://[ff02::1]/",
  "https://192.0.2.1/",
  "http://example.com/",
  "http://127.0.0.1/",
  "http://[::1]:80/",
  "http://10.0.0.1/",
  "http://169.254.169.254/latest/meta-data/",
  "file:///etc/passwd",
  "ftp://example.com/",
  "data:application/json,{}",
  "javascript:alert(1)",
  "https://user:password@example.com/",
] as const;

test.each(inside)("a public server does not send us to %s", async (url) => {
  await expect(guard("https://mcp.example.com/mcp")(url)).rejects.toMatchObject({ code: "unsafe_address" });
});

test("nor does one of the own network send us to this machine, or to what a cloud keeps beside it", async () => {
  for (const url of ["https://127.0.0.1/", "https://localhost/", "https://169.254.169.254/", "http://10.0.0.2/"]) {
    await expect(guard("https://10.0.0.1/mcp")(url)).rejects.toMatchObject({ code: "unsafe_address" });
  }
  await expect(guard("http://127.0.0.1:1/mcp")("https://169.254.169.254/")).rejects.toMatchObject({
    code: "unsafe_address",
  });
});

test("a name that has an address inside is not connected to, whatever else it has", async () => {
  let requests = 0;
  const origin = await listening((_, response) => {
    requests++;
    response.end("{}");
  });
  const { port } = new URL(origin);
  // What a name server answers is the machine's: this name is this machine everywhere.
  const { connector } = await import("../../src/ports/connect.ts");
  const looked: string[] = [];
  const connections = connector({
    env: {},
    caFiles: [],
    connectMs: 5_000,
    refuse: (_, address) => {
      looked.push(address);
      return `no: ${address}`;
    },
  });
  await expect(connections.open(new URL(`http://localhost:${port}/`))).rejects.toThrow(/^no: (?:127\.0\.0\.1|::1)$/);
  expect(looked.length).toBeGreaterThan(0);
  expect(requests).toBe(0);
  connections.close();
});

test("what was allowed by name is asked, at whatever address it is", async () => {
  const origin = await listening((_, response) => response.end("{}"));
  const response = await guard("https://mcp.example.com/mcp", [origin])(`${origin}/x`);
  expect(await response.json()).toEqual({});
});

test("redirects are followed within the origin, three at most, and from a POST never", async () => {
  const other = await listening((_, response) => response.end("{}"));
  const origin = await listening((request, response) => {
    const hop = Number(new URL(request.url ?? "", "http://x").searchParams.get("hop"));
    const target = request.url?.startsWith("/out") ? other : `/?hop=${hop - 1}`;
    if (hop > 0 || target === other) response.writeHead(302, { location: target, "set-cookie": "a=b" }).end();
    else response.end(JSON.stringify({ cookie: request.headers.cookie ?? "none" }));
  });
  const ask = guard(`${origin}/mcp`);
  expect(await (await ask(`${origin}/?hop=3`)).json()).toEqual({ cookie: "none" });
  await expect(ask(`${origin}/?hop=4`)).rejects.toMatchObject({ code: "unsafe_address" });
  await expect(ask(`${origin}/out`)).rejects.toMatchObject({ code: "unsafe_address" });
  const guarded = guardedFetch(serverAt(origin), here().surroundings);
  await expect(guarded.fetch(`${origin}/?hop=1`, { method: "POST", body: "" })).rejects.toMatchObject({
    code: "unsafe_address",
  });
  guarded.close();
});

test("what is longer than 256 KiB is not read to its end, and what does not come is not waited for", async () => {
  const origin = await listening((request, response) => {
    if (request.url === "/long") response.end("x".repeat(300 * 1024));
    else if (request.url === "/endless") {
      const more = (): void =>
        void (response.write("x".repeat(64 * 1024)) ? setImmediate(more) : response.once("drain", more));
      more();
    }
  });
  const ask = guard(origin);
  await expect(ask(`${origin}/long`)).rejects.toMatchObject({ code: "unsafe_address" });
  await expect(ask(`${origin}/endless`)).rejects.toMatchObject({ code: "unsafe_address" });
  const waits: (() => void)[] = [];
  const { surroundings } = here();
  const clock = {
    ...surroundings.clock,
    after: (ms: number, task: () => void) => {
      expect(ms).toBe(10_000);
      waits.push(task);
      return { cancel: () => {} };
    },
  };
  const guarded = guardedFetch(serverAt(origin), { ...surroundings, clock });
  const silent = guarded.fetch(`${origin}/silent`, { method: "GET" });
  waits[0]?.();
  await expect(silent).rejects.toMatchObject({ code: "unreachable", message: expect.stringMatching(/within 10 s$/) });
  guarded.close();
});
