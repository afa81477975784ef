import { Server as LegacySdkServer } from "@modelcontextprotocol/sdk/server/index.js";
import { StdioServerTransport as LegacySdkTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { McpServer } from "@modelcontextprotocol/server";
import { StdioServerTransport, serveStdio } from "@modelcontextprotocol/server/stdio";
import { describe, expect, test } from "vitest";
import { greeting } from "../support/greeting.ts";

describe("the official servers", () => {
  const sdk = () => new McpServer({ name: "sdk", version: "2" }, { instructions: "Hi.", capabilities: { tools: {} } });

  for (const known of [undefined, "modern"] as const) {
    test(`of the modern line are modern, known: ${known ?? "nothing"}`, async () => {
      const { outcome } = greeting(
        ({ input, output }) => void serveStdio(sdk, { transport: new StdioServerTransport(input as never, output) }),
        { known },
      );
      expect(await outcome).toMatchObject({
        era: "modern",
        protocolVersion: "2026-07-28",
        serverInfo: { name: "sdk", version: "2" },
        instructions: "Hi.",
      });
    });
  }

  for (const [legacyMode, era] of [
    ["serve", "legacy"],
    ["reject", "modern"],
  ] as const) {
    test(`of the modern line are ${era} when they ${legacyMode} legacy clients and are known to be legacy`, async () => {
      const { outcome } = greeting(
        ({ input, output }) =>
          void serveStdio(sdk, {
            transport: new StdioServerTransport(input as never, output),
            legacy: legacyMode,
          }),
        { known: "legacy" },
      );
      expect(await outcome).toMatchObject({ era, serverInfo: { name: "sdk" } });
    });
  }

  for (const known of [undefined, "legacy", "modern"] as const) {
    test(`of the legacy line are legacy, known: ${known ?? "nothing"}`, async () => {
      const { outcome } = greeting(
        ({ input, output }) =>
          void new LegacySdkServer({ name: "sdk", version: "1" }, { capabilities: { tools: {} } }).connect(
            new LegacySdkTransport(input as never, output),
          ),
        { known },
      );
      expect(await outcome).toMatchObject({ era: "legacy", protocolVersion: "2025-11-25" });
    });
  }
});
