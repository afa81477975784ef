// http.mjs: HTTP as a client of MCP speaks it, with streams of events that can be broken off.
import { Agent, request as httpRequest } from "node:http";

/** Whoever speaks to `url`. */
export function speaker(url) {
  const agent = new Agent({ keepAlive: true });
  return {
    /** The response to a request; `body`: a message; `signal` ends both. */
    send: (method, headers, body, signal) =>
      new Promise((resolve, reject) => {
        const usual = { accept: "application/json, text/event-stream", "content-type": "application/json" };
        const request = httpRequest(url, { method, agent, signal, headers: { ...usual, ...headers } }, resolve);
        request.on("error", reject);
        request.end(body === undefined ? "" : JSON.stringify(body));
      }),
    /** Closes the connections that nobody uses. */
    rest: () => {
      for (const socket of Object.values(agent.freeSockets).flat()) socket.destroy();
    },
    end: () => agent.destroy(),
  };
}

/** The messages of a response: `{ message }`, or `{ id }` of an event, which comes before its message. */
export async function* messagesOf(response) {
  const isStream = response.headers["content-type"]?.startsWith("text/event-stream");
  let text = "";
  response.setEncoding("utf8");
  for await (const chunk of response) {
    text += chunk;
    if (!isStream) continue;
    const events = text.split("\n\n");
    text = events.pop();
    for (const event of events) {
      const id = /^id: (.+)$/m.exec(event)?.[1];
      if (id !== undefined) yield { id };
      const data = /^data: (.+)$/m.exec(event)?.[1];
      if (data !== undefined) yield { message: JSON.parse(data) };
    }
  }
  if (!isStream && text !== "") yield { message: JSON.parse(text) };
}
