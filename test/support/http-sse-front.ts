import type { ServerResponse } from "node:http";
import type { Front, FrontOptions } from "./http-server-front.ts";
import { httpServer } from "./http-servers.ts";
import { Peer } from "./peer.ts";
import { moved } from "./turns.ts";

/** The transport before Streamable HTTP: one stream on which all lines of the fake are said, and POSTs that have no answer. */
export async function sseFront({ streams, note }: Pick<FrontOptions, "streams" | "note">): Promise<Front> {
  let stream: ServerResponse | undefined;
  let unsaid: string[] = [];
  const say = (text: string): void => void stream?.write(`event: message\ndata: ${text}\n\n`);
  const peer = new Peer(streams, ({ text }) => {
    if (stream === undefined) unsaid.push(text);
    else say(text);
  });
  const listening = await httpServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => void pieces.push(piece));
    request.on("end", () => {
      moved();
      if (request.method === "GET") {
        if (stream !== undefined) note("a second stream");
        stream = response;
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.write("event: endpoint\ndata: /messages?session=7\n\n");
        for (const text of unsaid) say(text);
        unsaid = [];
        return;
      }
      if (request.method === "POST" && request.url === "/mcp") {
        response.writeHead(405).end();
        return;
      }
      if (request.method !== "POST" || request.url !== "/messages?session=7") note(`${request.method} ${request.url}`);
      response.writeHead(202).end("Accepted");
      peer.send(Buffer.concat(pieces));
    });
  });
  streams.input.on("end", () => {
    moved();
    listening.end();
  });
  return { url: listening.url };
}
