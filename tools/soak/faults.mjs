// faults.mjs: what happens in a soak beside the usual, each by name: how often (a share of all that is done), and how it is done.
// `caller` is a client of either kind; `call` resolves to the reply, which nobody looks at here but where it says so.

const bad = {
  "no JSON": '{"jsonrpc":"2.0","id":$ID,"result":{]}\n',
  "too deep": `{"jsonrpc":"2.0","id":$ID,"result":${"[".repeat(2000)}${"]".repeat(2000)}}\n`,
  "a result and an error": '{"jsonrpc":"2.0","id":$ID,"result":{},"error":{"code":1,"message":"x"}}\n',
  "a batch": '[{"jsonrpc":"2.0","id":$ID,"result":{}}]\n',
  "an id twice": '{"jsonrpc":"2.0","id":$ID,"id":$ID,"result":{}}\n',
  "the reply three times": '{"jsonrpc":"2.0","id":$ID,"result":{"content":[]}}\n'.repeat(3),
  "blank lines and noise": '\r\n\n\uFEFF\nlog: hello\r\n{"jsonrpc":"2.0","id":$ID,"result":{"content":[]}}\r\n',
};

const httpFaults =
  "gzip_bomb gzip_stream not_gzip endless_event endless_refusal endless_json endless_status endless_headers two_answers two_lengths " +
  "not_http reset_before reset_in_head reset_after_head reset_in_body end_in_body reset_in_stream end_of_stream empty page " +
  "other_id to_other_origin to_itself unauthorized forbidden too_many overloaded forgets huge_headers many_questions";

/** Names of the servers in the configuration are those of tools/soak.mjs. */
export const faults = {
  "a server dies in a call": { share: 0.001, act: ({ call }) => call("crasher__crash") },
  "a server answers under wrong ids": { share: 0.01, act: ({ call }) => call("liar__wrong_ids") },
  "a reply is no reply": {
    share: 0.01,
    act: ({ call, pick }) => call("raw__write", { text: pick(Object.values(bad)) }),
  },
  "a reply is too long": { share: 0.002, act: ({ call }) => call("one__big", { bytes: 3 * 2 ** 20 }) },
  "no reply comes in time": { share: 0.003, act: ({ call }) => call("late__string_id") },
  "a reply comes too late": { share: 0.003, act: ({ call }) => call("late__sleep", { ms: 2500 }) },
  "a server babbles": { share: 0.002, act: ({ call }) => call("one__babble", { count: 50, bytes: 200 }) },
  "a server floods": { share: 0.002, act: ({ call }) => call("one__flood", { count: 200, bytes: 500 }) },
  "a server logs": { share: 0.01, act: ({ call }) => call("one__say", { text: "\u001b[31mred\u001b[0m" }) },
  "an HTTP server misbehaves": {
    share: 0.01,
    act: ({ call, pick }) => call(`${pick(["web", "newweb"])}__${pick(httpFaults.split(" "))}`),
  },
  "a call is taken back": { share: 0.04, act: ({ cancelled }) => cancelled("one__hang") },
  "the client talks nonsense": { share: 0.005, act: ({ nonsense }) => nonsense() },
  "a burst of calls": {
    share: 0.001,
    act: async ({ call }) => void (await Promise.all(Array.from({ length: 100 }, () => call("one__sleep", { ms: 5 })))),
  },
};

const shares = Object.values(faults).reduce((sum, { share }) => sum + share, 0);

/** The name of one of them, or undefined for the usual; `areAll`: always one of them. */
export function nextFault(random, areAll = false) {
  let at = random() * (areAll ? shares : 1);
  for (const [name, { share }] of Object.entries(faults)) {
    at -= share;
    if (at < 0) return name;
  }
  return undefined;
}
