import { fileURLToPath } from "node:url";
import { requiredOf, testClient, testServer } from "./suite.mjs";
import { commandOf, withFixture, withTutti } from "./tutti.mjs";

/** The revision of the suite that is a client of each era. */
const revisions = { legacy: "2025-11-25", modern: "2026-07-28" };
const eras = Object.keys(revisions);
const other = { legacy: "modern", modern: "legacy" };
const probe = fileURLToPath(new URL("probe-client.mjs", import.meta.url));

/** Why scenarios are not run, by the beginning of their names. */
export const notRun = [["auth/", "signing in takes a person and a browser, `tutti login`; its tests are ours."]];

/**
 * What is run: `name`, `title`, `revision`, `files` in `expected/` that say what may fail, and `run(scenarios?)`.
 * A cell is the era of the client, which the suite plays, and of the server.
 */
export const cells = [...direct(), ...relayed(), ...besideAnother(), ...asClient()];

function direct() {
  return eras.map((era) => ({
    name: `direct ${era}`,
    group: "The fixture itself",
    title: `${era} client, ${era} server`,
    revision: revisions[era],
    files: [],
    run: (scenarios) => withFixture(era, (url) => testServer(url, revisions[era], scenarios)),
  }));
}

function relayed() {
  const pairs = [...eras.map((era) => [era, era]), ...eras.map((era) => [era, other[era]])];
  return pairs.flatMap(([client, server]) =>
    ["stdio", "http"].map((carrier) => ({
      name: `${client} to ${server}, ${carrier}`,
      group: "tutti in front of the fixture",
      title: `${client} client, ${server} server over ${carrier === "http" ? "HTTP" : "stdio"}`,
      revision: revisions[client],
      files: [`${client}-to-${server}`],
      run: (scenarios) => withTutti({ era: server, carrier }, (url) => testServer(url, revisions[client], scenarios)),
    })),
  );
}

function besideAnother() {
  return eras.map((era) => ({
    name: `two servers ${era}`,
    group: "The same beside a second server",
    title: `${era} client, ${era} server over stdio, a ${other[era]} one behind it`,
    revision: revisions[era],
    files: [`${era}-to-${era}`],
    run: (scenarios) =>
      withTutti({ era, carrier: "stdio", beside: { second: commandOf(other[era]) } }, (url) =>
        testServer(url, revisions[era], scenarios),
      ),
  }));
}

function asClient() {
  return eras.flatMap((era) =>
    eras.map((server) => ({
      name: `as client, ${era} to ${server}`,
      group: "tutti as the client",
      title: `${era} client, the suite's ${server} servers`,
      revision: revisions[server],
      files: [`as-client-${era}-to-${server}`],
      run: (scenarios = clientScenarios(revisions[server])) =>
        testClient(`"${process.execPath}" "${probe}" ${era}`, revisions[server], scenarios),
    })),
  );
}

function clientScenarios(revision) {
  const isRun = (scenario) => notRun.every(([start]) => !scenario.startsWith(start));
  return [...requiredOf("client", revision).keys()].filter(isRun);
}
