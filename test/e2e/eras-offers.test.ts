import { expect, test } from "vitest";
import { until } from "./support/until.ts";
import { inEveryWorld } from "./support/world.ts";

inEveryWorld((world) => {
  const told = (method: string): unknown[] =>
    world()
      .client.heard.filter((one) => one.method === method)
      .map(({ params }) => params?.uri);

  test("prompts, resources and templates of all servers are offered, got and completed", async () => {
    const { client, servers, name } = world();
    const of = (list: (server: string) => string[]) => expect.arrayContaining(servers.flatMap(list));
    expect(await client.prompts()).toEqual(of((server) => [name(server, "greet"), name(server, "ask_greet")]));
    expect(await client.resources()).toEqual(of((server) => [`${server}://text`, `${server}://secret`]));
    expect(await client.templates()).toEqual(of((server) => [`${server}://item/{id}`]));
    await Promise.all(
      servers.map(async (server) => {
        expect(await client.prompt(name(server, "greet"), { name: "Ada" })).toBe(`Hello Ada from ${server}`);
        expect(await client.read(`${server}://text`)).toBe(`text of ${server}`);
        expect(await client.read(`${server}://item/7`)).toBe(`item 7 of ${server}`);
        const prompt = { type: "ref/prompt", name: name(server, "greet") };
        expect(await client.complete(prompt, "name", "Ad")).toEqual(["Ada", "Adele"]);
        const template = { type: "ref/resource", uri: `${server}://item/{id}` };
        expect(await client.complete(template, "id", "4")).toEqual(["41", "42"]);
      }),
    );
  });

  test("an unknown prompt and an unknown resource are errors", async () => {
    const { client, name } = world();
    await expect(client.prompt(name("one", "nobody"), {})).rejects.toMatchObject({ code: -32602 });
    const error = await client.read("nobody://here").catch((one: { code: number }) => one);
    expect([-32002, -32602]).toContain((error as { code: number }).code);
  });

  test("log messages of the level that the client wants arrive, and say of which server they are", async () => {
    const { client, servers, name, cell } = world();
    await client.wantLogs("info");
    client.heard.length = 0;
    const logs = servers.flatMap((server) => ["debug", "info", "error"].map((level) => ({ server, level })));
    await Promise.all(
      logs.map(({ server, level }) => client.call(name(server, "log"), { level, text: `${server} ${level}` })),
    );
    const expected = logs.filter(({ level }) => level !== "debug").map(({ server, level }) => `${server} ${level}`);
    const messages = () => client.heard.filter(({ method }) => method === "notifications/message");
    await until("the messages", () => messages().length >= expected.length);
    expect(
      messages()
        .map(({ params }) => params.data.text)
        .sort(),
    ).toEqual(expected.sort());
    for (const { params } of messages()) {
      const [server] = params.data.text.split(" ");
      expect(params.logger).toBe(cell === undefined ? "fixture" : `${server}/fixture`);
    }
  });

  test("resource updates arrive of those resources that the client watches, of both servers", async () => {
    const { client, servers, name } = world();
    await client.watch(...servers.map((server) => `${server}://text`));
    client.heard.length = 0;
    const update = async (server: string, path: string): Promise<void> => {
      await client.call(name(server, "update"), { uri: `${server}://${path}` });
    };
    for (const server of servers) await update(server, "secret");
    for (const server of servers) for (let time = 0; time < 4; time++) await update(server, "text");
    const updated = "notifications/resources/updated";
    await until("eight updates", () => told(updated).length >= 4 * servers.length);
    expect(told(updated)).toEqual(servers.flatMap((server) => Array(4).fill(`${server}://text`)));
  });

  test("changes of the lists are told, of both servers, and the lists show them", async () => {
    const { client, servers, name } = world();
    // Who has never seen a list is not told that it changed.
    await Promise.all([client.tools(), client.prompts(), client.resources()]);
    for (const server of servers) {
      client.heard.length = 0;
      for (const kind of ["tool", "prompt", "resource"]) {
        await client.call(name(server, "change"), { kind, added: `new-${kind}` });
      }
      for (const kind of ["tools", "prompts", "resources"]) {
        await until(`a change of ${kind}`, () => told(`notifications/${kind}/list_changed`).length > 0);
      }
      expect((await client.tools()).map((tool) => tool.name)).toContain(name(server, "new-tool"));
      expect(await client.prompts()).toContain(name(server, "new-prompt"));
      expect(await client.resources()).toContain(`${server}://new-resource`);
      expect(await client.call(name(server, "new-tool"))).toBe("new-tool");
    }
  });

  test("capabilities and instructions say what is there", () => {
    const { client, servers } = world();
    expect(client.capabilities()).toMatchObject({
      tools: { listChanged: true },
      prompts: { listChanged: true },
      resources: { listChanged: true, subscribe: true },
      logging: {},
      completions: {},
    });
    for (const server of servers) expect(client.instructions()).toContain(server);
  });
});
