// probe.mjs: loaded into tutti before it, with --import, and no part of it: answers each line on descriptor 3 with what the
// process holds, after a collection of its garbage. Needs --expose-gc.
import { Socket } from "node:net";

const asked = new Socket({ fd: 3, readable: true, writable: true });
asked.unref(); // It keeps nothing alive.
asked.on("error", () => {});
asked.on("data", () => {
  global.gc();
  // What finalizers let go of is free only the second time.
  setImmediate(() => {
    global.gc();
    const { heapUsed, external } = process.memoryUsage();
    const resources = {};
    for (const name of process.getActiveResourcesInfo()) resources[name] = (resources[name] ?? 0) + 1;
    const listeners = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
    asked.write(`${JSON.stringify({ heapUsed, external, resources, listeners })}\n`);
  });
});
