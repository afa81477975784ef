// wishes.mjs: what a client of the swarm calls next.

/** `servers`: by name, `{ era, isShared }`. */
export function wishFor({ random, servers, canAsk }) {
  const upTo = (most) => Math.floor(random() * (most + 1));
  const names = Object.keys(servers);
  const server = names[upTo(names.length - 1)];
  const { era, isShared } = servers[server];
  const wish = {
    steps: upTo(3),
    logs: upTo(2),
    asks: random() < 0.4 ? upTo(2) : 0,
    late: random() < 0.3 ? upTo(2) : 0,
    ms: random() < 0.1 ? 300 : 20,
    ...(random() < 0.1 && { fails: random() < 0.5 ? "error" : "result" }),
    ...(random() < 0.1 && { bytes: upTo(60_000) }),
  };
  return { server, wish, canAsk: canAsk && (era === "modern" || !isShared) };
}

/** The params of a call; `many`: as one of several in one request. */
export function paramsOf(nonce, { server, wish }, { random, uriOf }) {
  const args = { ...wish, nonce, ...(random() < 0.2 && { uri: uriOf(server) }) };
  return { name: `${server}__work`, arguments: args };
}

/** Several calls in one request. */
export function together(nonce, parts, context) {
  const calls = parts.map((part, at) => {
    const { name, arguments: args } = paramsOf(`${nonce}.${at}`, part, context);
    const asks = context.asksInPlans ? args.asks : 0;
    return { id: `n${at}`, name, arguments: { ...args, asks, bytes: 0 } };
  });
  return { name: "call_tools", arguments: { calls } };
}
