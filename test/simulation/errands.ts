import type { SimClient } from "./client.ts";
import type { World } from "./world.ts";

/** What clients know of the servers. */
export type Known = { readonly names: readonly string[] };

/** Has a client do one thing. */
export function doSomething(client: SimClient, world: World, { names }: Known): void {
  const { dice, temperament, era } = client;
  const server = dice.pick(names);
  const odd = temperament.trouble > 0 && dice.chance(temperament.trouble);
  if (odd) {
    doSomethingOdd(client, world, server);
    return;
  }
  const what = dice.weighted({
    call: 50,
    plan: 8,
    read: 6,
    prompt: 5,
    complete: 4,
    list: 8,
    unknown: 3,
    cancel: 8,
    ping: 2,
    level: 3,
    subscribe: 4,
    listen: 2,
    discover: 1,
  });
  const nonce = client.nonce();
  const own = { kind: "own" as const };
  const call = { kind: "call" as const, nonces: [nonce] };
  const isLegacy = era === "legacy";
  if (what === "call") {
    const tool = dice.pick(["do", "do", "read", "more", "other"]);
    const filler = dice.chance(3) ? `,"filler":"${"y".repeat(dice.between(10_000, 50_000))}"` : "";
    const args = `{"nonce":"${nonce}","big":12345678901234567890${filler}}`;
    client.request({ ...call, method: "tools/call", params: `{"name":"${server}__${tool}","arguments":${args}}` });
  } else if (what === "plan") plan(client, names);
  else if (what === "read") {
    client.request({ ...call, method: "resources/read", params: `{"uri":"mem://${server}/${nonce}"}` });
  } else if (what === "prompt") {
    const params = `{"name":"${server}__say","arguments":{"nonce":"${nonce}"}}`;
    client.request({ ...call, method: "prompts/get", params });
  } else if (what === "complete") {
    const params = `{"ref":{"type":"ref/prompt","name":"${server}__say"},"argument":{"name":"nonce","value":"${nonce}"}}`;
    client.request({ ...call, method: "completion/complete", params });
  } else if (what === "list") {
    const of = dice.pick(["tools", "prompts", "resources", "resources/templates"]);
    client.request({ ...own, method: `${of}/list`, params: "{}" });
  } else if (what === "unknown") {
    const params = `{"name":"${dice.pick([server, "nobody"])}__nothing","arguments":{"nonce":"${nonce}"}}`;
    client.request({ ...call, method: "tools/call", params });
  } else if (what === "cancel") {
    const id = client.someWaiting();
    if (id !== undefined) client.cancel(id);
  } else if (what === "discover" || (what === "ping" && !isLegacy)) {
    if (!isLegacy) client.request({ ...own, method: "server/discover", params: "{}" });
  } else if (what === "ping") client.request({ ...own, method: "ping", params: "{}" });
  else if (what === "level" && isLegacy) {
    const level = dice.pick(["debug", "info", "error"]);
    client.request({ ...own, method: "logging/setLevel", params: `{"level":"${level}"}` });
  } else if (what === "subscribe" && isLegacy) {
    const method = dice.pick(["resources/subscribe", "resources/subscribe", "resources/unsubscribe"]);
    client.request({ ...own, method, params: `{"uri":"mem://${server}/a"}` });
  } else if (what === "listen" && !isLegacy) {
    const uris = dice.chance(50) ? `,"resourceSubscriptions":["mem://${server}/a"]` : "";
    const params = `{"notifications":{"toolsListChanged":true${uris}}}`;
    client.request({ kind: "stream", method: "subscriptions/listen", params });
  }
}

function plan(client: SimClient, names: readonly string[]): void {
  const { dice } = client;
  const nonces: string[] = [];
  const calls = Array.from({ length: dice.between(1, 6) }, (_, index) => {
    const nonce = client.nonce();
    nonces.push(nonce);
    const name = `${dice.pick(names)}__${dice.pick(["do", "read", "read", "nothing"])}`;
    const after = index > 0 && dice.chance(30) ? [`c${dice.between(0, index - 1)}`] : [];
    return { id: `c${index}`, name, arguments: { nonce }, ...(after.length > 0 && { after }) };
  });
  const params = JSON.stringify({ name: "call_tools", arguments: { calls } });
  client.request({ kind: "plan", nonces, method: "tools/call", params });
}

function doSomethingOdd(client: SimClient, { faults }: World, server: string): void {
  const { dice, era } = client;
  const what = dice.weighted({
    garbage: 4,
    "half a request": 3,
    "unknown id cancelled": 4,
    "reply to nothing": 4,
    "no name": 2,
    batch: 1,
    stall: 3,
    "unknown method": 2,
    "second handshake": 1,
    "foreign state": 2,
  });
  if (!faults.does(`client: ${what}`)) return;
  const own = { kind: "own" as const };
  if (what === "garbage") client.nonsense(dice.pick(["oops", "{", "[1]", '{"jsonrpc":"1.0"}']), "null");
  else if (what === "half a request") {
    const id = `"h${dice.between(1, 1e9)}"`;
    client.nonsense(`{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":`, id);
  } else if (what === "unknown id cancelled") client.cancel(dice.pick(["424242", '"nobody"', "null", "1.5"]));
  else if (what === "reply to nothing") client.say(`{"jsonrpc":"2.0","id":${dice.between(1, 50)},"result":{}}`);
  else if (what === "no name") client.request({ ...own, method: "tools/call", params: "{}" });
  else if (what === "batch") client.nonsense('[{"jsonrpc":"2.0","id":1,"method":"ping"}]', "null");
  else if (what === "stall") client.stall(dice.between(50, 5000));
  else if (what === "unknown method") client.request({ ...own, method: "acme/do", params: "{}" });
  else if (what === "second handshake" && era === "legacy") client.greet();
  else if (what === "foreign state" && era === "modern") {
    const state = dice.pick(["tutti.1.x", "s", "tutti.99999.AAAA"]);
    const nonce = client.nonce();
    const args = `"arguments":{"nonce":"${nonce}"},"requestState":"${state}"`;
    const params = `{"name":"${server}__do",${args}}`;
    client.request({ kind: "call", nonces: [nonce], method: "tools/call", params });
  }
}
