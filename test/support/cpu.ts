/** Begins to count: gives the ms of CPU that this process has used since then, which stand still while others have the machine. */
export function cpuTimer(): () => number {
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
}
