import { expect, test } from "vitest";
import type { Client } from "../../src/client/client.ts";
import type { Downstream } from "../../src/downstream/downstream.ts";
import { Tasks } from "../../src/relay/tasks.ts";
import { Message } from "../../src/wire/message.ts";
import { Whole } from "../../src/wire/whole.ts";

const whole = new Whole({ maxMessageBytes: 1 << 20, maxDepth: 64 });
const [one, other] = [{} as Client, {} as Client];
const [alpha, beta] = [{} as Downstream, {} as Downstream];

function read(members: string): Message {
  const message = whole.read(`{"jsonrpc":"2.0",${members}}`);
  if (!(message instanceof Message)) throw new Error(`no message: ${members}`);
  return message;
}

const begun = (id: string): Message => read(`"id":1,"result":{"task":{"taskId":${JSON.stringify(id)}}}`);
const about = (id: string): Message => read(`"id":1,"method":"tasks/get","params":{"taskId":${JSON.stringify(id)}}`);
const status = (id: string): Message =>
  read(`"method":"notifications/tasks/status","params":{"taskId":${JSON.stringify(id)}}`);

test("a task is its client's and its server's, until one of them is gone", () => {
  const tasks = new Tasks();
  tasks.begin(one, alpha, begun("t"));
  tasks.begin(other, beta, read('"id":1,"result":{"resultType":"task","taskId":"u"}'));
  expect([tasks.serverOf(one, about("t")), tasks.serverOf(other, about("t"))]).toEqual([alpha, undefined]);
  expect([tasks.isOfAnother(one, about("t")), tasks.isOfAnother(other, about("t"))]).toEqual([false, true]);
  expect([tasks.clientOf(alpha, status("t")), tasks.clientOf(beta, status("t"))]).toEqual([one, undefined]);
  expect(tasks.clientOf(beta, status("u"))).toBe(other);
  tasks.lost(alpha);
  expect([tasks.serverOf(one, about("t")), tasks.serverOf(other, about("u"))]).toEqual([undefined, beta]);
  tasks.forget(other);
  expect([tasks.serverOf(other, about("u")), tasks.isOfAnother(one, about("u"))]).toEqual([undefined, false]);
});

test("what has no id that is a text is no task", () => {
  const tasks = new Tasks();
  for (const result of ['{"task":{"taskId":5}}', '{"task":"t"}', '{"resultType":"task"}', "[]"]) {
    tasks.begin(one, alpha, read(`"id":1,"result":${result}`));
  }
  tasks.begin(one, undefined, begun("t"));
  for (const params of ['{"taskId":5}', "{}", "[]"]) {
    const message = read(`"id":1,"method":"tasks/get","params":${params}`);
    const notice = read(`"method":"notifications/tasks/status","params":${params}`);
    expect([tasks.serverOf(one, message), tasks.isOfAnother(other, message)]).toEqual([undefined, false]);
    expect(tasks.clientOf(alpha, notice)).toBeUndefined();
  }
  expect(tasks.serverOf(one, about("t"))).toBeUndefined();
});

test("of more than 4,096 tasks of a client its oldest are forgotten", () => {
  const tasks = new Tasks();
  tasks.begin(other, alpha, begun("0"));
  for (let n = 0; n < 4096; n++) tasks.begin(one, alpha, begun(`${n}`));
  expect(tasks.serverOf(one, about("0"))).toBe(alpha);
  tasks.begin(one, alpha, begun("4096"));
  expect(["0", "1", "4096"].map((id) => tasks.serverOf(one, about(id)))).toEqual([undefined, alpha, alpha]);
  expect(tasks.serverOf(other, about("0"))).toBe(alpha);
});
