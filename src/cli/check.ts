import { changesIn } from "../catalog/pins.ts";
import { stateFolder } from "../config/state-folder.ts";
import { desktopEnvironment, foundElsewhere, type Located, locate } from "./check/about-commands.ts";
import { ignoredKey, oldNode, writableConfig } from "./check/about-runtime.ts";
import { changed, notStarted, remarked, slowStart, strayOutput } from "./check/about-servers.ts";
import { aboutSize, aboutTools, tokensIn } from "./check/about-tools.ts";
import type { Finding } from "./check/finding.ts";
import { type Observed, observe } from "./check/observed.ts";
import { Progress } from "./check/progress.ts";
import { asJson, forPeople, type Report, serverLines } from "./check/report.ts";
import { failureOf, reportOf, type ServerReport } from "./check/server-report.ts";
import type { Invocation } from "./commands.ts";
import { exitCode } from "./exit-codes.ts";
import { failed } from "./failed.ts";
import { shown } from "./shown.ts";
import { type Running, withServers } from "./with-servers.ts";

/** Starts every server, says what became of each and what else is wrong, and stops them again. */
export async function run(invocation: Invocation): Promise<number> {
  const { options } = invocation;
  return await withServers(invocation, "silent", async (running) => {
    const { tutti, events, machine, print, redact } = running;
    const observed = observe(events, redact);
    const progress = progressOf(running, observed, options);
    progress?.begin();
    await tutti.start();
    // What was seen last is noted then.
    await new Promise<void>((resolve) => machine.system.clock.soon(resolve));
    const located = await locateAll(running);
    progress?.end();
    const report = reportAll(running, observed, { version: invocation.version, located });
    for (const line of options.json ? [shown(asJson(report))] : forPeople(report)) print(line);
    const missing = report.servers.filter(({ state }) => state === "failed").map(({ name }) => name);
    if (missing.length === 0) return exitCode.ok;
    const message = `${missing.length} of ${tutti.downstreams.length} servers not ready: ${missing.join(", ")}`;
    return failed(exitCode.unreachable, { code: "unreachable", message: redact(message) }, options);
  });
}

/** Undefined where nobody sees it, or lines of the log would come between. */
function progressOf(running: Running, observed: Observed, { json, log }: Invocation["options"]): Progress | undefined {
  const { stdout } = process;
  if (!stdout.isTTY || json || log !== undefined || process.env["TERM"] === "dumb") return undefined;
  const screen = {
    write: (text: string) => void stdout.write(text),
    get columns() {
      return stdout.columns;
    },
    get rows() {
      return stdout.rows;
    },
  };
  return new Progress(screen, running.machine.system.clock, () => {
    const reports = serverReports(running, observed);
    return serverLines(reports).map(({ sign, text }, index) => ({
      sign: reports[index]?.state === "starting" ? undefined : sign,
      text: running.redact(text),
    }));
  });
}

function serverReports({ tutti, config }: Running, { remarks, complaintOf }: Observed): readonly ServerReport[] {
  const { tools } = tutti.relay.catalog;
  return config.servers.map(({ name }) => {
    const bytes = tools.reduce((sum, tool) => (tool.server === name ? sum + tool.bytes.length : sum), 0);
    const isIncomplete = remarks.some(({ server, topic }) => server === name && topic === "not_listed");
    const downstream = tutti.downstreams.find((one) => one.name === name);
    return reportOf(name, downstream, { tokens: tokensIn(bytes), isIncomplete, complaint: complaintOf(name) });
  });
}

/** By the names of servers. */
type LocatedAll = ReadonlyMap<string, Located>;

async function locateAll({ config, machine }: Running): Promise<LocatedAll> {
  const here = machine.finderIn(machine.system.env);
  const env = desktopEnvironment(machine.system);
  const elsewhere = env === undefined ? here : machine.finderIn(env);
  const enabled = config.servers.filter(({ disabled }) => !disabled);
  const all = await Promise.all(
    enabled.map(async (server) => [server.name, await locate(server, here, elsewhere)] as const),
  );
  return new Map(all.flatMap(([name, located]) => (located === undefined ? [] : [[name, located] as const])));
}

function reportAll(
  running: Running,
  observed: Observed,
  { version, located }: { readonly version: string; readonly located: LocatedAll },
): Report {
  const { tutti, config, machine } = running;
  const { system } = machine;
  const { catalog } = tutti.relay;
  const servers = serverReports(running, observed);
  const own = catalog.ownTools();
  const tools = catalog.tools.length + own.length;
  const tokens = tokensIn(
    [...catalog.tools.map(({ bytes }) => bytes), ...own].reduce((sum, one) => sum + one.length, 0),
  );
  const folder = stateFolder(system);
  const remarks = observed.remarks.map((remark) => remarked(remark, folder));
  return {
    tutti: version,
    node: process.versions.node,
    nodePath: process.execPath,
    platform: `${process.platform} ${process.arch}`,
    files: config.files,
    stateFolder: folder,
    path: (system.env["PATH"] ?? "").split(system.platform === "win32" ? ";" : ":"),
    servers: servers.map((server) => {
      const command = located.get(server.name)?.here;
      return { ...server, ...(command !== undefined && { command }) };
    }),
    findings: [
      ...servers.flatMap((server) => [
        ...aboutServer(running, observed, { report: server, located: located.get(server.name) }),
        ...remarks.filter((remark) => remark.server === server.name),
      ]),
      ...remarks.filter((remark) => remark.server === undefined),
      ...config.exposed.map(writableConfig),
      ...config.notices.map(ignoredKey),
      ...aboutSize(tools, tokens, tokensIn(catalog.list("tools", false, true).length)),
      ...oldNode(process.versions.node),
    ],
    tools,
    tokens,
  };
}

function aboutServer(
  { tutti, config, machine }: Running,
  observed: Observed,
  { report, located }: { readonly report: ServerReport; readonly located: Located | undefined },
): readonly Finding[] {
  const { name, state, startMs = 0 } = report;
  const server = config.servers.find((one) => one.name === name);
  if (server === undefined) return [];
  const book = machine.pins(server)?.book();
  return [
    ...(state === "failed" ? [notStarted(name, failureOf(report), report.needsLogin === true)] : []),
    ...foundElsewhere(server, located),
    ...slowStart(name, startMs),
    ...strayOutput(name, observed.strayOf(name)),
    ...changed(name, book === undefined ? [] : changesIn(book), (server.pins ?? config.pins) === "quarantine"),
    ...aboutTools(
      server,
      tutti.relay.catalog.tools.filter((tool) => tool.server === name),
    ),
  ];
}
