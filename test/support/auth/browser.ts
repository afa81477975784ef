/** Goes where a browser would be sent from this address, one step. */
export async function sentOnFrom(address: string): Promise<string> {
  const response = await fetch(address, { redirect: "manual" });
  const location = response.headers.get("location");
  if (location === null) throw new Error(`${address} sends nowhere: HTTP ${response.status} ${await response.text()}`);
  return new URL(location, address).href;
}
