#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { serve } from "./cli/serve.ts";
const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const i = process.argv.indexOf("--config");
await serve({ version, configs: i > 0 ? [process.argv[i + 1] as string] : [], logLevel: undefined });
