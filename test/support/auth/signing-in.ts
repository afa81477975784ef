import { onTestFinished } from "vitest";
import {
  configFile,
  type Finished,
  run,
  type Start,
  type Started,
  start,
  temporaryFolder,
} from "../../e2e/support/program.ts";
import { textOf } from "../../e2e/support/raw-client.ts";
import { until } from "../../e2e/support/until.ts";
import { type AuthFaults, type AuthorizationServer, authorizationServer } from "./authorization-server.ts";
import { type Browser, fakeBrowser } from "./browser.ts";
import { type ProtectedServer, protectedServer } from "./protected-server.ts";

/** A protected server named `it`, who lets clients in, and a user with a browser and a state folder. */
export type Scene = {
  readonly authorization: AuthorizationServer;
  readonly server: ProtectedServer;
  readonly browser: Browser;
  /** What each tutti of this user is started with. */
  readonly at: Start;
  readonly state: string;
  readonly config: string;
  /** Runs a command of tutti with that configuration to its end, without anybody to type. */
  readonly tutti: (...args: readonly string[]) => Promise<Finished>;
  /** Starts one. */
  readonly begin: (...args: readonly string[]) => Started;
  /** Starts `serve` and shakes hands. */
  readonly serve: () => Promise<Started>;
};

export type SceneOptions = {
  readonly faults?: AuthFaults;
  readonly issuerPath?: string;
  readonly era?: "modern" | "legacy";
  /** Of the server's entry. */
  readonly oauth?: object;
  readonly entry?: object;
};

export async function scene({
  faults,
  issuerPath = "",
  era = "modern",
  oauth,
  entry = {},
}: SceneOptions = {}): Promise<Scene> {
  const authorization = await authorizationServer(faults, { issuerPath });
  const server = await protectedServer(authorization, { era });
  // Calls that are refused are no reason not to try the next one.
  const it = { url: server.url, breakerFailures: 0, ...(oauth !== undefined && { oauth }), ...entry };
  const config = configFile({ it });
  const browser = fakeBrowser();
  const state = temporaryFolder();
  const at: Start = { env: { XDG_STATE_HOME: state, ...browser.env } };
  const begin = (...args: readonly string[]) => start([...args, "--config", config], at);
  return {
    authorization,
    server,
    browser,
    at,
    state,
    config,
    begin,
    tutti: async (...args) => await run([...args, "--config", config], at),
    serve: async () => {
      const client = begin("serve");
      await client.handshake();
      await client.request("tools/list");
      return client;
    },
  };
}

/** The address that a `tutti login` asks its user to open. */
export async function addressShown(login: Started): Promise<string> {
  return await until(`an address; stderr: ${login.stderr}`, () => {
    if (login.ended !== undefined) throw new Error(`It has ended: ${login.stderr}`);
    return /^ {2}(http\S+)$/m.exec(login.lines.join("\n"))?.[1];
  });
}

/** A running tutti finds by itself what a sign-in has brought: waits until its calls are answered. */
export async function untilLetIn(client: Started): Promise<void> {
  const text = "in again";
  let isIn = false;
  let isOver = false;
  onTestFinished(() => {
    isOver = true;
  });
  void (async () => {
    while (!isIn && !isOver && client.ended === undefined) {
      isIn = textOf(await client.call("it__echo", { text })) === text;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })().catch(() => {}); // The program has ended with the test.
  await until(`a call to be let in; stderr: ${client.stderr}`, () => isIn);
}
