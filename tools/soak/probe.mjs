// probe.mjs: loaded into tutti before it, with --import, and no part of it: answers each line on descriptor 3 with what the
// process holds, after a collection of its garbage. Needs --expose-gc.
import { Socket } from "node:net";
import { getHeapCodeStatistics } from "node:v8";

const asked = new Socket({ fd: 3, readable: true, writable: true });
asked.unref(); // It keeps nothing alive.
asked.on("error", () => {});
asked.on("data", () => {
  global.gc();
  // What finalizers let go of is free only the second time.
  setImmediate(() => {
    global.gc();
    const { rss: _, ...memory } = process.memoryUsage();
    const { code_and_metadata_size: compiled, bytecode_and_metadata_size: bytecode } = getHeapCodeStatistics();
    const resources = {};
    for (const name of process.getActiveResourcesInfo()) resources[name] = (resources[name] ?? 0) + 1;
    const listeners = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
    asked.write(`${JSON.stringify({ ...memory, code: compiled + bytecode, resources, listeners })}\n`);
  });
});
