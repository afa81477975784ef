import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

const info = { name: "conformance-probe", version: "1.0.0" };
const capabilities = { elicitation: {}, sampling: {}, roots: {} };
const prefix = "io.modelcontextprotocol/";
const envelope = {
  [`${prefix}protocolVersion`]: "2026-07-28",
  [`${prefix}clientInfo`]: info,
  [`${prefix}clientCapabilities`]: capabilities,
};

/** Starts Node with `args` and speaks to it on its stdin and stdout, as a client of one era that answers all it is asked. */
export function connect(era, args, env) {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const waiting = new Map();
  let lastId = 0;
  const send = (message) => child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);

  createInterface({ input: child.stdout }).on("line", (line) => {
    const message = JSON.parse(line);
    if (message.method === undefined) {
      waiting.get(message.id)?.(message);
    } else if (message.id !== undefined) {
      send({ id: message.id, result: answerTo(message) });
    }
  });
  child.once("exit", () => {
    for (const settle of waiting.values()) settle({ error: { message: "tutti has ended" } });
  });

  async function exchange(method, params) {
    const id = ++lastId;
    const { result, error } = await new Promise((resolve) => {
      waiting.set(id, resolve);
      send({ id, method, params });
    });
    waiting.delete(id);
    if (error !== undefined) throw new Error(`${method}: ${JSON.stringify(error)}`);
    return result;
  }

  /** Of the newer protocol: asks again with the answers, until there is nothing more to answer. */
  async function exchangeAnswering(method, params) {
    const whole = { ...params, _meta: envelope };
    let result = await exchange(method, whole);
    while (result.resultType === "input_required") {
      const { inputRequests = {}, requestState } = result;
      const inputResponses = Object.fromEntries(
        Object.entries(inputRequests).map(([key, request]) => [key, answerTo(request)]),
      );
      result = await exchange(method, {
        ...whole,
        inputResponses,
        ...(requestState !== undefined && { requestState }),
      });
    }
    return result;
  }

  return {
    request: era === "modern" ? exchangeAnswering : exchange,
    async greet() {
      if (era === "modern") return void (await exchangeAnswering("server/discover", {}));
      await exchange("initialize", { protocolVersion: "2025-11-25", capabilities, clientInfo: info });
      send({ method: "notifications/initialized" });
    },
    async end() {
      child.stdin.end();
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}

/** As a user would answer who takes all defaults. */
function answerTo({ method, params }) {
  if (method === "roots/list") return { roots: [] };
  if (method === "sampling/createMessage") {
    return { role: "assistant", content: { type: "text", text: "An answer" }, model: "none", stopReason: "endTurn" };
  }
  const fields = Object.entries(params.requestedSchema?.properties ?? {});
  const fallbacks = { boolean: true, string: "text", integer: 1, number: 1 };
  return {
    action: "accept",
    content: Object.fromEntries(fields.map(([name, schema]) => [name, schema.default ?? fallbacks[schema.type]])),
  };
}
